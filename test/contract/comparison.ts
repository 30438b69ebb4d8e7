import { isDeepStrictEqual } from 'node:util';
import { answerOf, explanationOf, partingReason, requestOf } from './design-rules';
import type { Conversation, Outcome, Rows } from './recording';

const COMPARED_COLUMNS = new Set(
  (
    'id customer_id name detail endpoint_id aor_id auth_id extension domain_name realm username password tm_create ' +
    'tm_update tm_delete direct_id direct_hash auth_types allowed_ips reference_type max_contacts remove_existing ' +
    'auth_type aors auth uri expiration_time endpoint'
  ).split(' '),
);

export interface Unexplained {
  readonly seed: number;
  readonly where: string;
  readonly original: unknown;
  readonly ours: unknown;
}

/** What became of all comparisons, by the rule that explains each. */
export class Tally {
  readonly counts = new Map<string, number>();
  readonly unexplained: Unexplained[] = [];

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  report(): string {
    const width = Math.max(...[...this.counts.keys()].map((name) => name.length));
    const lines = [...this.counts].sort(([, a], [, b]) => b - a).map(([name, n]) => `  ${name.padEnd(width)} ${n}`);
    return [...lines, `  ${'UNEXPLAINED'.padEnd(width)} ${this.unexplained.length}`].join('\n');
  }
}

type Left = Omit<Outcome, 'replies'>;

/** Where the two services parted on the way, what they left is not compared, and so not asked for. */
export async function compare(
  conversation: Conversation,
  replies: Outcome['replies'],
  left: () => Left | Promise<Left>,
  tally: Tally,
): Promise<void> {
  if (compareReplies(conversation, replies, tally)) return;
  const { rows, events } = await left();
  compareRows(conversation, rows, tally);
  compareEvents(conversation, events, tally);
}

/** Answers whether the two services parted on the way. */
function compareReplies(conversation: Conversation, ours: Outcome['replies'], tally: Tally): boolean {
  const { seed, steps, replies } = conversation;
  let parted: string | undefined;
  for (const [index, step] of steps.entries()) {
    const [originalText, ourText] = [replies[index], ours[index]];
    if (step.contact || typeof originalText !== 'string' || typeof ourText !== 'string') continue;
    tally.add('requests');
    if (originalText === ourText) tally.add('same');
    else if (parted !== undefined) tally.add(`after ${parted}`);
    else {
      const difference = {
        step,
        earlier: steps.slice(0, index),
        refused: steps.slice(0, index).filter((_, at) => answerOf(ours[at] ?? '').status_code >= 400),
        original: answerOf(originalText),
        ours: answerOf(ourText),
      };
      const rule = explanationOf(difference);
      if (rule === undefined) {
        const request = JSON.stringify(step.deleted ?? requestOf(step));
        tally.unexplained.push({ seed, where: `step ${index}: ${request}`, original: originalText, ours: ourText });
        parted = 'unexplained';
      } else {
        tally.add(rule);
        parted = partingReason(rule, difference);
      }
    }
  }
  return parted !== undefined;
}

function compareRows(conversation: Conversation, ours: Rows, tally: Tally): void {
  const [original, own] = [comparable(conversation, conversation.rows), comparable(conversation, ours)];
  tally.add('row sets');
  for (const table of Object.keys(original)) {
    if (isDeepStrictEqual(original[table], own[table])) continue;
    tally.unexplained.push({ seed: conversation.seed, where: table, original: original[table], ours: own[table] });
  }
}

/** The original does not tell of a new hash. */
export function comparedEvents({ steps }: Conversation, events: readonly string[]): string[] {
  const regenerates = steps.some(({ why }) => why === 'regenerate-event');
  return events.filter((event) => !(regenerates && event.includes('extension_updated')));
}

function compareEvents(conversation: Conversation, ours: readonly string[], tally: Tally): void {
  const heard = (events: readonly string[]): unknown[] =>
    comparedEvents(conversation, events).map((event) => answerOf(event));
  const [original, own] = [heard(conversation.events), heard(ours)];
  tally.add('event sets');
  if (isDeepStrictEqual(original, own)) return;
  tally.unexplained.push({ seed: conversation.seed, where: 'events', original, ours: own });
}

/** Rows without what the design stores differently: see asterisk.md for passwords, §4 for sip_auth. */
function comparable({ steps }: Conversation, rows: Rows): Rows {
  const result: Rows = {};
  const encoded = steps.some(({ why }) => why === 'encoded');
  for (const [table, list] of Object.entries(rows)) {
    result[table] = list.map((row) => {
      const kept = Object.fromEntries(Object.entries(row).filter(([column]) => COMPARED_COLUMNS.has(column)));
      if (table === 'ps_auths' && encoded) kept['password'] = decoded(String(kept['password']));
      if (table === 'registrar_trunks') {
        kept['auth_types'] ??= [];
        kept['allowed_ips'] ??= [];
      }
      return table.startsWith('sip_') ? withoutIdleCredentials(kept) : kept;
    });
  }
  if (steps.some(({ contact, why }) => contact ?? why === 'contacts-flushed')) result['ps_contacts'] = [];
  return result;
}

const decoded = (password: string): string =>
  password.replace(/\^(3B|5E|20)/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));

function withoutIdleCredentials(row: Record<string, unknown>): Record<string, unknown> {
  const { username, password, ...rest } = row;
  const used = Array.isArray(row['auth_types']) && row['auth_types'].includes('basic') && username && password;
  return used ? row : rest;
}
