import { CommandError } from '../../terminal/exit-code';

/** An unknown number is an error on the command line, since a person may have mistyped it. */
export function unknownNumber(): CommandError {
  return new CommandError('no such extension: the customer has none with this number');
}
