/** The dependencies that a command requires. No command requires Redis. */
export interface Needs {
  readonly databases: readonly ('bin' | 'asterisk')[];
  readonly broker: boolean;
  /** Continue when a dependency does not answer; only for commands that report it. */
  readonly isTolerant?: boolean;
  /** Create missing databases; only for `schema apply`. */
  readonly createsDatabases?: boolean;
}

export const BIN_READS: Needs = { databases: ['bin'], broker: false };
export const BIN_WRITES: Needs = { databases: ['bin'], broker: true };
export const READS: Needs = { databases: ['bin', 'asterisk'], broker: false };
export const WRITES: Needs = { databases: ['bin', 'asterisk'], broker: true };
export const MESSAGES: Needs = { databases: [], broker: true };
