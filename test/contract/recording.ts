import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface SentRequest {
  readonly method: string;
  readonly uri: string;
  readonly data?: unknown;
}

/** One thing that happened in a recorded conversation; exactly one of the first four is there. */
export interface Step {
  readonly send?: SentRequest;
  /** A request whose body is given as text. */
  readonly raw?: { readonly method: string; readonly uri: string; readonly text: string };
  readonly contact?: { readonly customer: string; readonly extension: string; readonly nulls?: boolean };
  /** The customer that customer-manager announces as deleted. */
  readonly deleted?: string;
  /** The name under which later steps speak of what this one made. */
  readonly bind?: string;
  /** Why the design answers this step differently from the original. */
  readonly why?: string;
}

export type Rows = Record<string, Record<string, unknown>[]>;

/** Ids, hashes and times are labels by order of first appearance: equal labels mean equal values. */
export interface Outcome {
  readonly replies: readonly (string | null)[];
  readonly events: readonly string[];
  readonly rows: Rows;
}

export interface Conversation extends Outcome {
  readonly seed: number;
  readonly peers: 'ok' | 'deny' | 'typed' | 'fail';
  readonly steps: readonly Step[];
}

export function recordedConversations(): Conversation[] {
  const file = resolve(__dirname, 'recordings/conversations.jsonl.gz');
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Conversation);
}
