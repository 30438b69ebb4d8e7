/** From before something was sent until after its answer, in milliseconds of one clock. */
export interface Span {
  readonly begun: number;
  readonly ended: number;
}

export interface LoginChange extends Span {
  /** The password after the change; undefined when the login is gone. */
  readonly password: string | undefined;
}

/** A REGISTER that a phone sent, with its challenge. */
export interface Attempt extends Span {
  readonly endpointId: string;
  readonly password: string;
  readonly expires: number;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
}

export type Answer = 'accepted' | 'refused' | 'either';
export type Listing = 'listed' | 'absent' | 'either';

const NEVER: LoginChange = { begun: -Infinity, ended: -Infinity, password: undefined };

/** The truth about logins: which changes were made, and when each of them may have taken and had taken effect. */
export class LoginHistory {
  private readonly changes = new Map<string, LoginChange[]>();

  get endpointIds(): string[] {
    return [...this.changes.keys()];
  }

  /** The changes of one endpoint come one after the other. */
  note(endpointId: string, change: LoginChange): void {
    this.changes.set(endpointId, [...this.changesOf(endpointId), change]);
  }

  exists(endpointId: string): boolean {
    return this.changesOf(endpointId).at(-1)?.password !== undefined;
  }

  /** How Asterisk must answer an attempt. It may answer either way while a change of the password is under way. */
  answerTo(attempt: Attempt): Answer {
    const { endpointId, password } = attempt;
    const states = [NEVER, ...this.changesOf(endpointId)].map((change, at, all) => ({
      isRight: change.password === password,
      possible: { begun: change.begun, ended: all[at + 1]?.ended ?? Infinity },
      certain: { begun: change.ended, ended: all[at + 1]?.begun ?? Infinity },
    }));
    if (states.some(({ isRight, certain }) => isRight && isWithin(attempt, certain))) return 'accepted';
    return states.some(({ isRight, possible }) => isRight && overlap(attempt, possible)) ? 'either' : 'refused';
  }

  /** Whether a phone is listed at an endpoint after all its attempts there, which came one after the other. */
  listingAfter(endpointId: string, attempts: readonly Attempt[]): Listing {
    const last = attempts.findLast(({ status }) => status === 200 || status === undefined);
    if (last === undefined || !this.exists(endpointId)) return 'absent';
    const changes = this.changesOf(endpointId);
    if (changes.some(({ begun }) => begun >= last.ended)) return 'absent';
    if (last.status === undefined || changes.some((change) => overlap(change, last))) return 'either';
    return last.expires > 0 ? 'listed' : 'absent';
  }

  private changesOf(endpointId: string): readonly LoginChange[] {
    return this.changes.get(endpointId) ?? [];
  }
}

const isWithin = (inner: Span, outer: Span): boolean => outer.begun <= inner.begun && inner.ended <= outer.ended;
const overlap = (one: Span, other: Span): boolean => one.begun < other.ended && other.begun < one.ended;
