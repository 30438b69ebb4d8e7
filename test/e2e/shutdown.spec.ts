import { createExtension } from '../factories/extension.factory';
import { NoReplyError, REQUEST_QUEUE } from '../support/caller';
import { eventually, staysTrue } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, requestText } from '../support/envelope';
import { BillingManager } from '../support/peers';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

const REQUESTS = 60;
const PATIENT_CALLER_MS = 30_000;

describe('SIGTERM with requests in flight', () => {
  const world = withWorld({ keepsReplyQueues: false });

  it('loses none, does none twice, leaves the rest in the queue for the next replica, and ends with 0', async () => {
    const customerId = freshId();
    world().billing.behaveFor(customerId, async () => {
      await eventually('the signal having been sent', () => signalled, { timeoutMs: 2000 }).catch(() => undefined);
      return BillingManager.verdict(true);
    });
    let signalled = false;
    const sent = Array.from({ length: REQUESTS }, (_, index) =>
      world().caller.sendRaw(
        requestText({
          uri: '/v1/extensions',
          method: 'POST',
          data: createExtension(customerId, { extension: String(7000 + index) }),
        }),
        { timeoutMs: PATIENT_CALLER_MS },
      ),
    );
    await eventually('some requests in flight', () => world().billing.requestsOf(customerId).length >= 5);
    const [first] = world().services;
    first?.signal('SIGTERM');
    signalled = true;
    const exit = await first?.ended();
    expect(exit).toEqual({ code: 0, signal: null });
    const left = await world().bin.count('registrar_extensions', 'customer_id = ?', [uuidToBinary(customerId)]);
    expect(left).toBeGreaterThan(0);

    await world().startService();
    const replies = await Promise.all(sent);
    const made = replies.filter((reply) => reply.status_code === 200);
    const shed = replies.filter((reply) => reply.status_code === 503);
    expect(made.length + shed.length).toBe(REQUESTS);
    const customer = [uuidToBinary(customerId)];
    expect(await world().bin.count('registrar_extensions', 'customer_id = ?', customer)).toBe(made.length);
    await world().events.untilSeen(customerId, 'extension_created', made.length);
    expect(world().events.of(customerId)).toHaveLength(made.length);
    const directs = new Set(made.map((reply) => extensionOf(reply).direct_id));
    expect(directs.size).toBe(made.length);
    for (const id of directs) expect(world().direct.directs.has(id)).toBe(true);
  });

  it('takes nothing after the signal: what comes later waits for the next replica', async () => {
    await world().stopServices();
    const request = requestText({ uri: '/v1/contacts', method: 'GET' });
    const waiting = world().caller.sendRaw(request, { timeoutMs: PATIENT_CALLER_MS });
    await eventually(
      'the request waiting',
      async () => (await world().caller.queueState(REQUEST_QUEUE)).messages === 1,
    );
    await world().startService();
    expect((await waiting).status_code).toBe(200);
  });

  it('a write whose caller has gone is not done when it comes again', async () => {
    const customerId = freshId();
    world().billing.behaveFor(customerId, () => undefined);
    const lost = world().caller.post('/v1/extensions', createExtension(customerId));
    lost.catch(() => undefined);
    await eventually('the request in flight', () => world().billing.requestsOf(customerId).length === 1);
    await world().service.kill();
    world().services.splice(0);
    await expect(lost).rejects.toThrow(NoReplyError);
    world().billing.behaveAsUsual();
    await world().startService();
    await eventually('the request gone', async () => (await world().caller.queueState(REQUEST_QUEUE)).messages === 0);
    expect((await world().caller.get('/v1/contacts')).status_code).toBe(200);
    const customer = [uuidToBinary(customerId)];
    const nothing = async (): Promise<boolean> =>
      (await world().bin.count('registrar_extensions', 'customer_id = ?', customer)) === 0;
    await staysTrue('the write is not done', nothing, 500);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends an idle service with 0', async (signal) => {
    const service = await world().startService();
    service.signal(signal);
    expect(await service.ended()).toEqual({ code: 0, signal: null });
    world().services.pop();
  });
});
