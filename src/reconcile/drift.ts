/** The kinds of difference between records and the rows that Asterisk and Kamailio read; also a metric label. */
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

/** A result of a comparison. `what` names rows or columns, never their values. */
export interface Finding {
  readonly kind: DriftKind;
  readonly what: readonly string[];
}

export interface Difference extends Finding {
  readonly subject: 'extension' | 'trunk' | 'login' | 'contact' | 'sip_auth';
  /** The id of the record, or of the rows without a record. */
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
  /** Living records outside the base domains and outside their own customer's or trunk's realm; left unchanged. */
  readonly foreign: number;
  readonly found: DriftCounts;
  readonly repaired: DriftCounts;
  /** Suspects that could not be compared or repaired; the log says why. */
  readonly failed: number;
  readonly durationMs: number;
}

export function noDrift(): Record<DriftKind, number> {
  return Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as Record<DriftKind, number>;
}
