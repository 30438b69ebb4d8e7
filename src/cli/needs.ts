/** The dependencies that a command cannot do without. Redis is never among them. */
export interface Needs {
  readonly databases: readonly ('bin' | 'asterisk')[];
  readonly broker: boolean;
  /** Go on without what is missing: only `doctor`, which tells what it finds. */
  readonly isTolerant?: boolean;
  /** Make the databases that their server does not have: only `schema apply`. */
  readonly createsDatabases?: boolean;
}

export const BIN_READS: Needs = { databases: ['bin'], broker: false };
export const BIN_WRITES: Needs = { databases: ['bin'], broker: true };
export const READS: Needs = { databases: ['bin', 'asterisk'], broker: false };
export const WRITES: Needs = { databases: ['bin', 'asterisk'], broker: true };
export const MESSAGES: Needs = { databases: [], broker: true };
