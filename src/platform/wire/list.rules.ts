import { ValidateIf } from './validation';

/** For a list that may be null: the other rules apply only to a list. */
export function OptionalList(): PropertyDecorator {
  return ValidateIf((_, value) => value !== null);
}

/** For a field of a partial change: the other rules apply only to a given value. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}
