/** What the shell learns: done, refused or failed, used wrongly, or something that is needed cannot be reached. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure in words for the operator: nothing in it may be secret. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** None when everything has been said already. */
  get lines(): readonly string[] {
    return this.message === '' ? [] : this.message.split('\n');
  }
}

/** The command line itself is wrong. Names flags and rules, never what was given as a value. */
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
