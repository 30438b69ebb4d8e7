import { createExtension } from '../factories/extension.factory';
import { fewAtOnce } from '../support/conditions';
import { extensionOf, requestText, type Reply } from '../support/envelope';
import { Heap } from '../support/heap';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

/** The service remembers this many deliveries, so it needs more memory until so many have come. */
const REMEMBERED = 20_000;
const PARTS = 5;
const PART = 5_000;
const CALLERS = 16;
const PATIENCE_MS = 30_000;
/** A service that keeps 100 bytes of each request grows by half as much again. */
const GROWTH_MAX_BYTES = PART * 67;

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
    let before = await send(PART, mixed);
    const grown: number[] = [];
    for (let part = 0; part < PARTS; part += 1) {
      const after = await send(PART, mixed);
      grown.push(after - before);
      before = after;
    }
    // A map that is made smaller or larger changes one part; a leak makes all of them grow.
    process.stderr.write(`grown by ${grown.map((bytes) => Math.round(bytes / 1024)).join(', ')} KB\n`);
    const median = grown.toSorted((a, b) => a - b)[Math.floor(PARTS / 2)];
    expect(median).toBeLessThan(GROWTH_MAX_BYTES);
  }, 600_000);
});
