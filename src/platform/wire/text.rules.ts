import type { ValidationOptions } from 'class-validator';
import { ZERO_UUID } from './go-uuid';
import { registerDecorator } from './validation';

/** Column width of most texts on this platform. */
export const TEXT_MAX = 255;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** The characters of addresses and digest user names: Kamailio cannot reach others, or they split a header. */
const SIP_NAME = /^[A-Za-z0-9_.+*~!-]*$/;

export function isSipName(text: string): boolean {
  return SIP_NAME.test(text);
}

/** Characters, as the database counts them. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}

export function MaxCharacters(max: number): PropertyDecorator {
  return rule('maxCharacters', `must have at most ${max} characters`, (text) => characterCount(text) <= max);
}

export function NoControlCharacters(): PropertyDecorator {
  return rule('noControlCharacters', 'must hold no control characters', (text) => !CONTROL.test(text));
}

export function NotEmptyText(): PropertyDecorator {
  return rule('notEmptyText', 'must not be empty', (text) => text !== '');
}

export function SipName(): PropertyDecorator {
  return rule('sipName', 'must hold only letters, digits and _ . + * ~ ! -', isSipName);
}

export function NotZeroUuid(): PropertyDecorator {
  return rule('notZeroUuid', 'must not be the zero uuid', (id) => id !== ZERO_UUID);
}

/** A rule on a text, in words that complete "<field> …". */
export function rule(name: string, message: string, test: (text: string) => boolean): PropertyDecorator {
  return (target, property) => {
    const options: ValidationOptions = { message };
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options,
      validator: { validate: (value: unknown) => typeof value === 'string' && test(value) },
    });
  };
}
