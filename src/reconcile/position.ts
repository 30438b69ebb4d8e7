import { Digest, type DigestText } from './digest';
import { DRIFT_KINDS, type DriftCounts } from './drift';

/** Where a run is, and what it has found up to there. Written to Redis as JSON. */
export interface Position {
  readonly version: typeof VERSION;
  /** The id of the run that began at the start; the runs that continue it keep it. */
  readonly runId: string;
  /** The name of the step. */
  readonly step: string;
  /** The last key that is done; empty at the start of the step. */
  readonly after: string;
  /** Rows read in this step. */
  readonly rows: number;
  readonly counts: RunCounts;
  readonly found: DriftCounts;
  readonly repaired: DriftCounts;
  readonly elapsedMs: number;
  /** When the run began that this one continues, or the run itself; by the wall clock. */
  readonly startedAt: number;
  readonly savedAt: number;
  readonly unusualIds: readonly string[];
  readonly digest: DigestText;
}

export interface RunCounts {
  readonly extensions: number;
  readonly trunks: number;
  readonly foreign: number;
  readonly failed: number;
}

/** Another release may count or hash differently: raise it with every change of the steps or of the digest. */
export const VERSION = 2;

const COUNTS = ['extensions', 'trunks', 'foreign', 'failed'];

/** However often a run is continued, what it read first is at most so old. */
export const GOOD_FOR_SECONDS = 3_600;

/** `undefined` unless this release has written the value: other programs can write to Redis too. */
export function positionOf(value: unknown, now = Date.now()): (Position & { readonly sums: Digest }) | undefined {
  if (!isPosition(value)) return undefined;
  const { startedAt, savedAt } = value;
  if (savedAt < startedAt || savedAt > now || now - startedAt >= GOOD_FOR_SECONDS * 1_000) return undefined;
  const sums = Digest.parse(value.digest);
  return sums && { ...value, sums };
}

function isPosition(value: unknown): value is Position {
  if (!isRecord(value)) return false;
  const { version, runId, step, after, unusualIds, digest } = value;
  return (
    version === VERSION &&
    typeof runId === 'string' &&
    typeof step === 'string' &&
    typeof after === 'string' &&
    areCounts(value, ['rows', 'elapsedMs', 'startedAt', 'savedAt']) &&
    areCounts(value['counts'], COUNTS) &&
    areCounts(value['found'], DRIFT_KINDS) &&
    areCounts(value['repaired'], DRIFT_KINDS) &&
    Array.isArray(unusualIds) &&
    unusualIds.every((id) => typeof id === 'string') &&
    areCounts(digest, ['start', 'multiplier']) &&
    typeof digest['sums'] === 'string'
  );
}

function areCounts(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  return isRecord(value) && names.every((name) => Number.isSafeInteger(value[name]) && Number(value[name]) >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
