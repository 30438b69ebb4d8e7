import { nearestFlag } from '../../platform/config/flags';
import { parseUuid } from '../../platform/wire/go-uuid';
import { UsageError } from './exit-code';

export function readUuid(flag: string, text: string): string {
  const uuid = parseUuid(text);
  if (uuid === undefined) throw new UsageError([`--${flag} must be a uuid`]);
  return uuid;
}

export function readInteger(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new UsageError([`--${flag} must be a whole number from ${min} to ${max}`]);
  return value;
}

/** One of a few words; a near miss is told the nearest. */
export function readChoice<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const nearest = nearestFlag(text, choices);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new UsageError([`--${flag} must be one of ${choices.join(', ')}${hint}`]);
}

/** `a,b` and `a, b` alike; an empty text is no entry. */
export function readList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
