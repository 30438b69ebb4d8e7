/** How records and what Asterisk and Kamailio read can disagree; also the label of the metrics. */
export const DRIFT_KINDS = [
  'login_missing',
  'login_differs',
  'login_without_record',
  'contact_without_login',
  'sip_auth_missing',
  'sip_auth_differs',
  'sip_auth_without_record',
  'open_account',
] as const;

export type DriftKind = (typeof DRIFT_KINDS)[number];

/** What is compared, as a comparison of it found: `what` names rows or columns, never their values. */
export interface Finding {
  readonly kind: DriftKind;
  readonly what: readonly string[];
}

export interface Difference extends Finding {
  readonly subject: 'extension' | 'trunk' | 'login' | 'contact' | 'sip_auth';
  /** The record's id, or the id of the rows that have no record. */
  readonly id: string;
}

/** An open account admits no caller; only its owner can give it a password. */
export function isRepairable({ kind }: Finding): boolean {
  return kind !== 'open_account';
}

export type DriftCounts = Readonly<Record<DriftKind, number>>;

export interface ReconcileReport {
  readonly dryRun: boolean;
  /** Living records compared. */
  readonly extensions: number;
  readonly trunks: number;
  /** Living records whose realm and ids are not made of what the record says; they are left alone. */
  readonly foreign: number;
  readonly found: DriftCounts;
  readonly repaired: DriftCounts;
  /** Differences that could not be looked at or repaired; the log says why. */
  readonly failed: number;
  readonly durationMs: number;
}

export function noDrift(): Record<DriftKind, number> {
  return Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as Record<DriftKind, number>;
}
