import { OUTPUT, type Options, type Values } from './options';
import type { Session } from './session';

/** Ids for the examples. */
export const CUSTOMER = '3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11';
export const EXTENSION = '9b0d2e44-51c7-4c0e-8a35-0f6d1b2c3d4e';
export const TRUNK = '5f0c3a9e-2b44-4d8a-9a6f-0d1c2b3a4f5e';

export const PROGRAM = 'registrar-control';

/** A command as data: the parser, the help, the shell completion and docs/cli.md are made from it. */
export interface Command<Given extends Options = Options> {
  /** The words that call it, such as `extension create`. */
  readonly words: string;
  readonly description: string;
  /** `<file>` when it is required, `[file]` when it is not. */
  readonly argument?: { readonly usage: string; readonly help: string };
  readonly options: Given;
  /** The command accepts `--format csv`. */
  readonly takesCsv?: boolean;
  /** Text of the help before the examples. */
  readonly notes?: string;
  /** Command lines to paste. */
  readonly examples: readonly string[];
  /** Missing in a group of commands. */
  run?(session: Session, options: Values<Given>, argument: string | undefined): Promise<void>;
}

/** A command with a result, and so with the output options. Its examples are given without the name of the program. */
export function command<Given extends Options>(definition: Command<Given>): Command {
  return { ...group(definition), options: { ...definition.options, ...OUTPUT } };
}

/** A group of commands; it has no result and no output options. */
export function group<Given extends Options>(definition: Omit<Command<Given>, 'options'>): Command {
  return {
    options: {},
    ...definition,
    examples: definition.examples.map((example) => `${PROGRAM} ${example}`),
  };
}
