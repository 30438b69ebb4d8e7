import { createExtension } from '../factories/extension.factory';
import { Caller, NoReplyError } from '../support/caller';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import type { Reply } from '../support/envelope';
import { freshId, World } from '../support/world';

const CALLERS = 10;
const PATIENCE_MS = 20_000;

describe('shutdown under load', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open({ replicas: 2, environment: { LOG_LEVEL: 'info' } });
  });
  afterAll(() => world.close());

  /** Callers that create without pause until told to stop; every answer they got. */
  const startLoad = (
    customerId: string,
    timeoutMs: number,
  ): { stop: () => Promise<{ replies: Reply[]; unanswered: number }>; count: () => number } => {
    let isOver = false;
    let serial = 90_000;
    let unanswered = 0;
    const replies: Reply[] = [];
    const work = async (caller: Caller): Promise<void> => {
      while (!isOver) {
        const data = createExtension(customerId, { extension: String(serial++) });
        const text = JSON.stringify({ uri: '/v1/extensions', method: 'POST', publisher: 'api-manager', data });
        try {
          replies.push(await caller.sendRaw(text, { timeoutMs }));
        } catch (error) {
          if (!(error instanceof NoReplyError)) throw error;
          unanswered++;
        }
      }
    };
    const running = Promise.all(Array.from({ length: CALLERS }, () => work(world.caller)));
    const stop = async (): Promise<{ replies: Reply[]; unanswered: number }> => {
      isOver = true;
      await running;
      return { replies, unanswered };
    };
    return { stop, count: () => replies.length };
  };

  const expectNothingLost = async (
    customerId: string,
    { replies, unanswered }: { replies: Reply[]; unanswered: number },
  ): Promise<void> => {
    expect(unanswered).toBe(0);
    const others = replies.filter(({ status_code: status }) => status !== 200);
    expect(others.map(({ text }) => text)).toEqual([]);
    const rows = await world.bin.count('registrar_extensions', 'customer_id = ?', [uuidToBinary(customerId)]);
    expect(rows).toBe(replies.length);
    await world.events.untilSeen(customerId, 'extension_created', replies.length);
    expect(world.events.of(customerId)).toHaveLength(replies.length);
    await eventually('a direct hash for each', () => world.direct.directsOf(customerId).length === replies.length);
  };

  it('a rolling restart of two replicas loses nothing, and does nothing twice', async () => {
    const customerId = freshId();
    const load = startLoad(customerId, PATIENCE_MS);
    for (let round = 0; round < 2; round++) {
      const before = load.count();
      await eventually('the load going on', () => load.count() > before + 20);
      const [oldest] = world.services;
      oldest?.signal('SIGTERM');
      expect(await oldest?.ended()).toEqual({ code: 0, signal: null });
      world.services.shift();
      await world.startService();
    }
    await expectNothingLost(customerId, await load.stop());
  });

  it('all replicas gone: what was taken is answered, what was not waits for the next one', async () => {
    const customerId = freshId();
    const load = startLoad(customerId, PATIENCE_MS);
    await eventually('the load going on', () => load.count() > 20);
    expect(await world.stopServices()).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    await world.startService();
    const after = load.count();
    await eventually('the load going on', () => load.count() > after + 20);
    await expectNothingLost(customerId, await load.stop());
  });
});
