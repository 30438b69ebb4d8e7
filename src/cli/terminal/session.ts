import type { Type } from '@nestjs/common';
import type { Unreachable } from './exit-code';

/** What a command cannot do without. Redis is never among it. */
export interface Needs {
  readonly databases: readonly ('bin' | 'asterisk')[];
  readonly broker: boolean;
  /** Go on without what is missing: only `doctor`, which tells what it finds. */
  readonly isTolerant?: boolean;
  /** Make the databases that their server does not have: only `schema apply`. */
  readonly createsDatabases?: boolean;
}

export interface OpenSession {
  /** What did not answer; empty unless the command is tolerant. */
  readonly unreachable: readonly Unreachable[];
  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T;
}

/** The service's own modules, started only for the commands that work with them and only when the arguments are right. */
export abstract class Session {
  /** Throws `Unreachable` within seconds when something that is needed does not answer. */
  abstract open(needs: Needs): Promise<OpenSession>;

  /** Sends what is still to be sent, then lets everything go. */
  abstract close(): Promise<void>;
}

export const BIN_READS: Needs = { databases: ['bin'], broker: false };
export const BIN_WRITES: Needs = { databases: ['bin'], broker: true };
export const READS: Needs = { databases: ['bin', 'asterisk'], broker: false };
export const WRITES: Needs = { databases: ['bin', 'asterisk'], broker: true };
