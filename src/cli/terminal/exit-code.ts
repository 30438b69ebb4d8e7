/** Exit codes: done, refused or failed, used wrongly, a required dependency cannot be reached. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure with a message for the operator, which must hold no secret. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Empty when everything has been printed already. */
  get lines(): readonly string[] {
    return this.message === '' ? [] : this.message.split('\n');
  }
}

/** The command line is wrong. The message names flags and rules, never a given value. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'), EXIT.usage);
  }
}

export type Dependency = 'bin' | 'asterisk' | 'broker';

/** A dependency did not answer in time. */
export class Unreachable extends CommandError {
  override readonly name = 'Unreachable';

  constructor(
    readonly dependency: Dependency,
    what: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`${what} cannot be reached (${reason}).`, EXIT.unreachable, { cause });
  }
}
