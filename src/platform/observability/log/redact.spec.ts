import fc from 'fast-check';
import { eachRow } from '../../../../test/support/each-row';
import { redact } from './redact';
import { maskText } from './sensitive';

const CANARY = 'hunter2canary';
const show = (value: unknown): string => JSON.stringify(redact(value));

const secretKey = fc.constantFrom(
  'password',
  'PASSWORD',
  'Secret',
  'token',
  'credential',
  'direct_hash',
  'hash',
  'webhook_secret',
  'redis_password',
  'accessToken',
  'pa\u017fsword',
  'to\u212aen',
  'md5_cred',
);
const plainKey = fc.constantFrom('a', 'items', 'data', 'body', 'payload', 'customer', '0', '__proto__');
const noise = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean(), fc.constant(undefined));
const secretValue = fc.oneof(
  fc.constant(CANARY),
  fc.constant([CANARY]),
  fc.constant({ nested: { value: CANARY } }),
  fc.constant(new Map([['x', CANARY]])),
  fc.constant(new Set([CANARY])),
  fc.constant(new Error(CANARY)),
  fc.constant(Buffer.from(CANARY)),
);

/** A secret in every kind of value that a log entry may hold. */
const hidden = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 8, depthSize: 'large' },
    fc.tuple(secretKey, secretValue, noise).map(([key, value, other]) => ({ [key]: value, other })),
    fc.tuple(plainKey, tie('tree'), noise).map(([key, value, other]) => ({ other, [key]: value })),
    fc.tuple(tie('tree'), noise).map(([value, other]) => [other, value]),
    fc.tuple(plainKey, tie('tree')).map(([key, value]) => new Map([[key, value]])),
    fc.tuple(tie('tree')).map(([value]) => new Set([value])),
    fc.tuple(plainKey, tie('tree')).map(([key, value]) => ({ [key]: JSON.stringify(value) })),
    fc.tuple(tie('tree')).map(([value]) => ({ toJSON: () => value })),
  ),
})).tree;

describe('redact', () => {
  it('lets no secret through, however deep and in whatever it is wrapped', () => {
    fc.assert(
      fc.property(hidden, (tree) => !show(tree).includes(CANARY)),
      { numRuns: 2000 },
    );
  });

  it('always ends with something that serializes', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withMap: true,
          withSet: true,
          withBigInt: true,
          withDate: true,
          withTypedArray: true,
          withNullPrototype: true,
        }),
        (value) => {
          JSON.stringify(redact(value));
        },
      ),
    );
  });

  it('keeps what is no secret', () => {
    const value = {
      id: 1,
      name: 'Kim',
      tags: ['a', 'b'],
      at: new Date(0),
      none: null,
      deep: { ok: true, hashes: 'x' },
    };
    expect(redact(value)).toEqual({ ...value, at: '1970-01-01T00:00:00.000Z' });
  });

  it('survives cycles, throwing getters and great depth', () => {
    const cycle: Record<string, unknown> = { name: 'x' };
    cycle['self'] = cycle;
    const thrower = Object.defineProperty({ ok: 1 }, 'bad', {
      enumerable: true,
      get: () => {
        throw new Error(CANARY);
      },
    });
    let deep: unknown = { password: CANARY };
    for (let level = 0; level < 10_000; level++) deep = { deep };
    expect(redact(cycle)).toEqual({ name: 'x', self: '[circular]' });
    expect(redact(thrower)).toEqual({ ok: 1, bad: '[unreadable]' });
    expect(show(deep)).not.toContain(CANARY);
  });

  it('is bounded in size', () => {
    const wide = Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => ({ text: 'x'.repeat(10) })));
    expect(show(wide).length).toBeLessThan(400_000);
    expect(show({ text: 'x'.repeat(1_000_000) }).length).toBeLessThan(10_000);
  });

  it('never dumps a buffer', () => {
    expect(redact({ data: Buffer.from(CANARY), list: new Uint8Array(3) })).toEqual({
      data: '[13 bytes]',
      list: '[3 bytes]',
    });
  });

  eachRow([
    [{ body: '{"name":"x","Password":"hunter2canary"}' }, { body: '{"name":"x","Password":"[REDACTED]"}' }],
    [{ data: '{"password":"hunter2canary"' }, { data: '[unparseable body redacted]' }],
    [{ data: '"hunter2canary"' }, { data: '[unparseable body redacted]' }],
    [{ data: '' }, { data: '' }],
    [{ data: 'nonsense hunter2canary' }, { data: '[unparseable body redacted]' }],
    [{ data: '{"a":[{"token":"hunter2canary"}]}' }, { data: '{"a":[{"token":"[REDACTED]"}]}' }],
    [{ uri: '{"p\\u0061ssword":"hunter2canary"' }, { uri: '[unparseable body redacted]' }],
    [{ host: '[::1]:5672' }, { host: '[::1]:5672' }],
    [{ dsn: 'u:p@/hunter2canary@tcp(db)/x' }, { dsn: 'u:[REDACTED]@tcp(db)/x' }],
    [{ address: 'amqp://u:hunter2canary@host' }, { address: 'amqp://u:[REDACTED]@host' }],
  ])('redacts what is secret, at any depth', (value, expected) => {
    expect(redact(value)).toEqual(expected);
  });
});

eachRow([
  ['connect amqp://user:hunter2canary@rabbit:5672 failed', 'connect amqp://user:[REDACTED]@rabbit:5672 failed'],
  ['dsn bin:hunter2canary@tcp(db:3306)/x', 'dsn bin:[REDACTED]@tcp(db:3306)/x'],
  ['/v1/x?password=hunter2canary&a=1', '/v1/x?password=[REDACTED]&a=1'],
  ['{\\"password\\":\\"hunter2canary\\"}', '{\\"password\\":[REDACTED]}'],
  ['sip:1000@example.org registered', 'sip:1000@example.org registered'],
])('masks a text', (text, expected) => {
  expect(maskText(text)).toBe(expected);
});

it('masks hostile text in bounded time', () => {
  const started = performance.now();
  for (const unit of ['a:', 'a://b:', 'password', ':@', 'token="']) maskText(unit.repeat(4_096));
  expect(performance.now() - started).toBeLessThan(2_000);
});
