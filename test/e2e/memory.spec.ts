import { createExtension } from '../factories/extension.factory';
import { fewAtOnce } from '../support/conditions';
import { extensionOf, requestText, type Reply } from '../support/envelope';
import { Heap } from '../support/heap';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

/** The service remembers this many deliveries, each for a minute at most. */
const REMEMBERED = 20_000;
const PARTS = 5;
const PART = 10_000;
const CALLERS = 16;
const PATIENCE_MS = 30_000;
/**
 * What is remembered takes 2 MB. It may shrink and grow again, with the rate of the requests. A service that keeps 100
 * bytes of each request grows by more, whatever it remembers.
 */
const GROWTH_MAX_BYTES = 3_000_000;

describe('memory', () => {
  const heap = new Heap();
  const world = withWorld({
    environment: { ...heap.environment, LOG_LEVEL: 'warning', RECONCILE_INTERVAL_SECONDS: '0' },
  });

  it('does not grow with the number of requests', async () => {
    const customer_id = freshId();
    const made = await fewAtOnce(['1', '2', '3', '4'], async (extension) =>
      extensionOf(await world().caller.post('/v1/extensions', createExtension(customer_id, { extension }))),
    );
    const bodies = made.flatMap(({ id, extension }) => [
      requestText({ method: 'GET', uri: `/v1/extensions/${id}` }),
      requestText({ method: 'GET', uri: `/v1/extensions/extension/${extension}`, data: { customer_id } }),
      requestText({ method: 'GET', uri: '/v1/contacts', data: { customer_id, extension } }),
    ]);
    const change = (n: number): string => {
      const uri = `/v1/extensions/${made[n % made.length]?.id}`;
      return requestText({ method: 'PUT', uri, data: { name: String(n), detail: '', password: '' } });
    };
    const send = async (count: number, request: (n: number) => string): Promise<number> => {
      const numbers = Array.from({ length: count }, (_, n) => n);
      const call = (n: number): Promise<Reply> => world().caller.sendRaw(request(n), { timeoutMs: PATIENCE_MS });
      await fewAtOnce(numbers, call, CALLERS);
      return heap.bytesInUse(world().service);
    };
    const mixed = (n: number): string => (n % 100 < 4 ? change(n) : bodies[n % bodies.length]) ?? '';
    await send(REMEMBERED, () => requestText({ method: 'GET', uri: '/v1/nothing' }));
    const inUse = [await send(PART, mixed)];
    for (let part = 0; part < PARTS; part += 1) inUse.push(await send(PART, mixed));
    const grown = (inUse.at(-1) ?? Infinity) - Math.min(...inUse);
    process.stderr.write(`${inUse.map((bytes) => Math.round(bytes / 1024)).join(', ')} KB in use\n`);
    expect(grown).toBeLessThan(GROWTH_MAX_BYTES);
  }, 600_000);
});
