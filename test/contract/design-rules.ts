import { isDeepStrictEqual } from 'node:util';
import type { SentRequest, Step } from './recording';

interface Answer {
  readonly status_code: number;
  readonly data_type?: string;
  readonly data?: unknown;
}

/** One reply of ours that is not, byte for byte, the original's. */
export interface Difference {
  readonly step: Step;
  readonly earlier: readonly Step[];
  /** Those of the earlier steps that ours refused. */
  readonly refused: readonly Step[];
  readonly original: Answer;
  readonly ours: Answer;
}

interface Rule {
  readonly name: string;
  readonly explains: (difference: Difference) => boolean;
}

export function answerOf(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return { status_code: 0 };
  }
}

export const requestOf = ({ send, raw }: Step): SentRequest => send ?? raw ?? { method: '', uri: '' };
const typed = ({ data_type }: Answer): boolean => data_type === 'voipbin_error';
const refusal = (ours: Answer, status: number): boolean => typed(ours) && ours.status_code === status;
const nameOf = (step: Step): string => {
  const name = (requestOf(step).data as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : '';
};
const deletedBefore = ({ step, earlier }: Difference): boolean =>
  earlier.some(({ send }) => send?.method === 'DELETE' && requestOf(step).uri.startsWith(send.uri));
const customerOf = (step: Step): unknown =>
  (requestOf(step).data as { customer_id?: unknown } | null | undefined)?.customer_id;

const isSameNumber = (one: unknown, other: unknown): boolean => {
  const numberOf = (data: unknown): unknown[] => {
    const { customer_id, extension } = (data ?? {}) as { customer_id?: unknown; extension?: unknown };
    return [customer_id, extension];
  };
  return isDeepStrictEqual(numberOf(one), numberOf(other));
};

const sameBut = (original: Answer, ours: Answer, ...fields: string[]): boolean => {
  const rest = (data: unknown): unknown => ({ ...(data as object), ...Object.fromEntries(fields.map((f) => [f, 0])) });
  return (
    original.status_code === 200 && ours.status_code === 200 && isDeepStrictEqual(rest(original.data), rest(ours.data))
  );
};
const because = (...whys: string[]): ((difference: Difference) => boolean) => {
  return ({ step }) => step.why !== undefined && whys.includes(step.why);
};

const PRECISE_STATUSES = [400, 404, 409, 429, 503];
const CONTACTS = '/v1/contacts';
const EXTENSION = '/v1/extensions/';

/** What design.md and contract.md allow to differ, the most harmless first. */
const RULES: readonly Rule[] = [
  { name: 'json-escapes', explains: ({ original, ours }) => isDeepStrictEqual(original, ours) },
  {
    name: 'zero-customer',
    explains: ({ step, original, ours }) =>
      requestOf(step).uri.endsWith('/count_by_customer') &&
      step.send !== undefined &&
      !customerOf(step) &&
      original.status_code === ours.status_code,
  },
  {
    name: 'no-such-route',
    explains: ({ step, original, ours }) =>
      requestOf(step).uri.startsWith('/x/') && original.status_code === 404 && ours.status_code === 404,
  },
  {
    name: 'trailing-space',
    explains: ({ step, ours }) => requestOf(step).uri.endsWith('%20') && [200, 404].includes(ours.status_code),
  },
  {
    name: 'put-deleted',
    explains: (difference) =>
      requestOf(difference.step).method === 'PUT' && refusal(difference.ours, 404) && deletedBefore(difference),
  },
  {
    name: 'validation',
    explains: ({ step, original, ours }) =>
      requestOf(step).method === 'PUT' &&
      refusal(ours, 400) &&
      (nameOf(step).length > 255 || (original.status_code === 404 && step.why !== undefined)),
  },
  {
    name: 'contacts-flushed',
    explains: ({ step, earlier, original, ours }) =>
      requestOf(step).method === 'GET' &&
      requestOf(step).uri.startsWith(CONTACTS) &&
      original.status_code === 200 &&
      ours.status_code === 200 &&
      earlier.some(({ contact }) => contact) &&
      earlier.some(({ send }) => send && ['PUT', 'DELETE'].includes(send.method) && send.uri.startsWith(EXTENSION)),
  },
  {
    // A number whose create was refused has no login; the original lists what Asterisk's table holds for it all the same.
    name: 'contacts-of-nobody',
    explains: ({ step, refused, original, ours }) =>
      requestOf(step).method === 'GET' &&
      requestOf(step).uri.startsWith(CONTACTS) &&
      original.status_code === 200 &&
      ours.status_code === 200 &&
      isDeepStrictEqual(ours.data, []) &&
      refused.some(
        ({ send }) =>
          send?.method === 'POST' && send.uri === '/v1/extensions' && isSameNumber(send.data, requestOf(step).data),
      ),
  },
  {
    name: 'typed-body',
    explains: ({ original, ours }) =>
      original.status_code >= 400 && !typed(original) && refusal(ours, original.status_code),
  },
  {
    name: 'precise-status',
    explains: ({ original, ours }) =>
      original.status_code >= 400 &&
      original.status_code !== 404 &&
      !typed(original) &&
      typed(ours) &&
      PRECISE_STATUSES.includes(ours.status_code),
  },
  { name: 'answered', explains: ({ original, ours }) => original.status_code === 0 && ours.status_code >= 400 },
  ...['validation', 'page-size', 'page-token', 'filter-type'].map((name) => ({
    name,
    explains: (difference: Difference) => because(name)(difference) && refusal(difference.ours, 400),
  })),
  {
    name: 'page-size',
    explains: (difference) =>
      because('page-size')(difference) &&
      difference.ours.status_code === 200 &&
      (difference.ours.data as unknown[]).length <= 1000,
  },
  {
    name: 'put-deleted',
    explains: (difference) =>
      because('put-deleted')(difference) && (refusal(difference.ours, 404) || refusal(difference.ours, 400)),
  },
  {
    // Basic is asked for and nothing is stored that could be kept.
    name: 'validation',
    explains: (difference) =>
      because('keeps-password')(difference) &&
      refusal(difference.ours, 400) &&
      requestOf(difference.step).uri.includes('/trunks/'),
  },
  {
    name: 'keeps-password',
    explains: (difference) =>
      because('keeps-password')(difference) && sameBut(difference.original, difference.ours, 'password'),
  },
  {
    // The original rewrote the name into a time, which took a time's label: the labels after it count one further.
    name: 'timestamp-text',
    explains: (difference) =>
      because('timestamp-text')(difference) &&
      sameBut(difference.original, difference.ours, 'password', 'name', 'tm_create'),
  },
  {
    name: 'second-delete',
    explains: (difference) =>
      because('second-delete')(difference) && sameBut(difference.original, difference.ours, 'tm_update', 'tm_delete'),
  },
  {
    name: 'contacts-flushed',
    explains: (difference) => because('contacts-flushed')(difference) && difference.ours.status_code === 200,
  },
  {
    name: 'null-contact',
    explains: (difference) =>
      because('null-contact')(difference) &&
      difference.original.status_code === 400 &&
      difference.ours.status_code === 200 &&
      (difference.ours.data as { path: string }[]).every(({ path }) => path === ''),
  },
];

export function explanationOf(difference: Difference): string | undefined {
  const { step, original, ours } = difference;
  if (step.deleted !== undefined) return isDeepStrictEqual(original, ours) ? 'json-escapes' : undefined;
  return RULES.find((rule) => rule.explains(difference))?.name;
}

const STATE_DIFFERS = new Set([
  'validation',
  'put-deleted',
  'keeps-password',
  'second-delete',
  'timestamp-text',
  'contacts-flushed',
  'precise-status',
  'answered',
]);

/** Whether the two services hold different data from here on, so that later answers cannot be compared. */
export function partingReason(rule: string, { step, original }: Difference): string | undefined {
  const { method } = requestOf(step);
  const read = step.send?.method === 'GET';
  if (rule === 'precise-status' && original.status_code >= 500 && !read) return 'partial-write';
  if (method === 'PUT' && nameOf(step).length > 255) return 'partial-write';
  if (STATE_DIFFERS.has(rule) && !read && (original.status_code < 400 || rule === 'answered')) return rule;
  return undefined;
}
