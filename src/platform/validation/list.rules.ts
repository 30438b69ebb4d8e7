import { ValidateIf } from 'class-validator';

/** A list that may be missing: null passes, every other rule is for what is there. */
export function OptionalList(): PropertyDecorator {
  return ValidateIf((_, value) => value !== null);
}
