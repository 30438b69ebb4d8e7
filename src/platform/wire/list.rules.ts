import { ValidateIf } from 'class-validator';

/** A list that may be missing: null passes, every other rule is for what is there. */
export function OptionalList(): PropertyDecorator {
  return ValidateIf((_, value) => value !== null);
}

/** A field of a partial change: every other rule is for what is given. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}
