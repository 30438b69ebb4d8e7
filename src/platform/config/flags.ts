import { flagOf, VARIABLE_ENTRIES } from './variables';

interface TakenFlags {
  /** Values by the variable's environment name. */
  readonly flags: ReadonlyMap<string, string>;
  /** Arguments that are not flags of the configuration, in order. */
  readonly rest: readonly string[];
  /** Flags without their value, one line each. */
  readonly problems: readonly string[];
}

const FLAGS = VARIABLE_ENTRIES.map(([, variable]) => flagOf(variable));

/** Takes the configuration's flags (`--redis_address x`, `--redis-address=x`) out of a command line. */
export function takeConfigFlags(argv: readonly string[]): TakenFlags {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  const problems: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') return { flags, rest: [...rest, ...argv.slice(index)], problems };
    const [name, inline] = splitFlag(argument);
    if (!FLAGS.includes(name)) {
      rest.push(argument);
      continue;
    }
    const value = inline ?? argv[++index];
    if (value === undefined) problems.push(`--${name}: needs a value`);
    else flags.set(name.toUpperCase(), value);
  }
  return { flags, rest, problems };
}

/** One line for an unknown flag, with the nearest of `known` and without the value of the flag. */
export function unknownFlag(argument: string, known: readonly string[] = FLAGS): string {
  const [name] = splitFlag(argument);
  const shown = argument.startsWith('-') && name !== '' ? `--${name}` : 'an argument';
  const nearest = nearestFlag(name, known);
  return `${shown}: unknown${nearest === undefined ? '' : `, did you mean --${nearest}?`}`;
}

export function nearestFlag(name: string, known: readonly string[] = FLAGS): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `--redis-address=x` gives `redis_address` and `x`; an argument that is not a flag has no name. */
function splitFlag(argument: string): [name: string, value?: string] {
  const match = /^--?([A-Za-z][A-Za-z0-9_-]*)(?:=([\s\S]*))?$/.exec(argument);
  if (match === null) return [''];
  const name = (match[1] ?? '').replaceAll('-', '_').toLowerCase();
  return match[2] === undefined ? [name] : [name, match[2]];
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
