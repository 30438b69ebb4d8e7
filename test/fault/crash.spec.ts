import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { NoReplyError } from '../support/caller';
import { eventually, fewAtOnce } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf, trunkOf, type Reply } from '../support/envelope';
import { freshDomain, freshId, World } from '../support/world';
import { CrashingService, type CrashPoint } from './support/crashing-service';
import { brokenPromises, orphans } from './support/promises';

const NUMBER = '7100';
const CASCADE = 20;

interface Prepared {
  readonly customerId: string;
  /** What the crash interrupts. */
  readonly act: () => Promise<unknown>;
}

type Prepare = (world: World) => Promise<Prepared>;

async function givenExtension(world: World, customerId: string, number = NUMBER): Promise<string> {
  return extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId, { extension: number }))).id;
}

const operations: Record<string, Prepare> = {
  'extension create': (world) => {
    const customerId = freshId();
    const request = createExtension(customerId, { extension: NUMBER });
    return Promise.resolve({ customerId, act: () => world.caller.post('/v1/extensions', request) });
  },
  'extension password change': async (world) => {
    const customerId = freshId();
    const id = await givenExtension(world, customerId);
    const change = { name: 'n', detail: '', password: 'n3w;pass' };
    return { customerId, act: () => world.caller.put(`/v1/extensions/${id}`, change) };
  },
  'extension rename': async (world) => {
    const customerId = freshId();
    const id = await givenExtension(world, customerId);
    const change = { name: 'another', detail: '', password: '' };
    return { customerId, act: () => world.caller.put(`/v1/extensions/${id}`, change) };
  },
  'extension delete': async (world) => {
    const customerId = freshId();
    const id = await givenExtension(world, customerId);
    return { customerId, act: () => world.caller.delete(`/v1/extensions/${id}`) };
  },
  'direct hash': async (world) => {
    const customerId = freshId();
    const id = await givenExtension(world, customerId);
    return { customerId, act: () => world.caller.post(`/v1/extensions/${id}/direct-hash-regenerate`) };
  },
  'trunk create': (world) => {
    const customerId = freshId();
    return Promise.resolve({ customerId, act: () => world.caller.post('/v1/trunks', createTrunk(customerId)) });
  },
  'trunk change': async (world) => {
    const customerId = freshId();
    const { id } = trunkOf(await world.caller.post('/v1/trunks', createTrunk(customerId)));
    const change = createTrunk(customerId, { password: 'other', domain_name: freshDomain() });
    return { customerId, act: () => world.caller.put(`/v1/trunks/${id}`, change) };
  },
  'trunk delete': async (world) => {
    const customerId = freshId();
    const { id } = trunkOf(await world.caller.post('/v1/trunks', createTrunk(customerId)));
    return { customerId, act: () => world.caller.delete(`/v1/trunks/${id}`) };
  },
  cascade: async (world) => {
    const customerId = freshId();
    const numbers = Array.from({ length: CASCADE }, (_, index) => String(7200 + index));
    await fewAtOnce(numbers, (number) => givenExtension(world, customerId, number));
    trunkOf(await world.caller.post('/v1/trunks', createTrunk(customerId)));
    return { customerId, act: () => world.customers.announceDeleted(customerId) };
  },
};

const both = (operation: string, order: readonly string[]): string[] => [
  ...order.map((name) => `${operation}:before-commit-${name}`),
  `${operation}:committed`,
];
const announced = (event: string): string[] => [
  `${event}:announce`,
  `${event}:published`,
  'outbox.sweep:before-remove',
  'rpc:before-reply',
];
const SINGLE = ['bin:before-commit', 'bin:committed'];

const POINTS: Record<string, readonly (string | CrashPoint)[]> = {
  'extension create': [
    // Its direct hash has been made.
    'extension.create:begin',
    ...both('extension.create', ['bin', 'asterisk']),
    ...announced('extension_created'),
  ],
  'extension password change': [
    ...both('extension.update', ['bin', 'asterisk']),
    'extension_updated:announce',
    'extension_updated:published',
  ],
  'extension rename': SINGLE,
  'extension delete': [...both('extension.delete', ['asterisk', 'bin']), ...announced('extension_deleted')],
  'direct hash': SINGLE,
  'trunk create': [...SINGLE, 'trunk_created:announce', 'trunk_created:published'],
  'trunk change': [...SINGLE, 'trunk_updated:announce'],
  'trunk delete': [...SINGLE, 'trunk_deleted:announce'],
  cascade: [{ at: 'cascade:one-deleted', after: 7 }, 'cascade:before-ack'],
};

const CASES = Object.entries(POINTS).flatMap(([operation, points]) =>
  points.map((point) => {
    const crash = typeof point === 'string' ? { at: point } : point;
    return { operation, crash, name: `${operation}, at ${crash.at}` };
  }),
);
/** What a new process does unasked, with what the one before left behind. */
const RELAY = ['outbox.relay:claimed', 'outbox.relay:published', 'outbox.relay:delivered'];

describe('SIGKILL between any two steps', () => {
  let world: World;
  let service: CrashingService;
  const customers = new Map<string, string>();
  const orphansAtOnce = new Map<string, string[]>();

  const queuesAreEmpty = async (): Promise<boolean> => (await world.bin.count('registrar_outbox')) === 0;

  /** Kills it there and looks at what is left at that moment. `outcome` is the end of the interrupted request. */
  const crash = async (
    name: string,
    operation: string,
    point: CrashPoint,
  ): Promise<{ readonly outcome: Promise<unknown> }> => {
    const { customerId, act } = await operations[operation]!(world);
    customers.set(name, customerId);
    await service.arm(point);
    const outcome = act().catch((error: unknown) => {
      if (!(error instanceof NoReplyError)) throw error;
    });
    await service.untilCrashed();
    orphansAtOnce.set(name, await orphans(world, customerId));
    return { outcome };
  };

  beforeAll(async () => {
    world = await World.open({ replicas: 0, environment: { RECONCILE_INTERVAL_SECONDS: '2' } });
    service = new CrashingService(() => world.environment());
    await service.start();
    for (const { name, operation, crash: point } of CASES) {
      const { outcome } = await crash(name, operation, point);
      await Promise.all([service.start(), outcome]);
    }
    for (const at of RELAY) {
      const { outcome } = await crash(at, 'extension create', { at: 'extension_created:announce' });
      await outcome;
      // The dead process' lease is over.
      await world.bin.run('UPDATE registrar_outbox SET claimed_until = NULL');
      await service.startArmed({ at });
      await service.untilCrashed();
      await service.start();
    }
    await eventually('every event being out', queuesAreEmpty, { timeoutMs: 40_000 });
  }, 400_000);

  afterAll(async () => {
    await service.close();
    await world.close();
  });

  const names = [...CASES.map(({ name }) => name), ...RELAY];

  it.each(names)('%s: no login without a record at that moment', (name) => {
    expect(orphansAtOnce.get(name)).toEqual([]);
  });

  it.each(names)('%s: all is complete, announced in order, and nothing invented', async (name) => {
    const customerId = customers.get(name)!;
    let broken: string[] = [];
    await eventually('every promise being kept', async () => {
      broken = await brokenPromises(world, customerId);
      return broken.length === 0;
    }).catch(() => undefined);
    expect(broken).toEqual([]);
  });

  it.each(names.filter((name) => /create|relay/.test(name) && !name.startsWith('trunk')))(
    '%s: the number is not blocked',
    async (name) => {
      const customerId = customers.get(name)!;
      const again: Reply = await world.caller.post(
        '/v1/extensions',
        createExtension(customerId, { extension: NUMBER }),
      );
      expect([200, 409]).toContain(again.status_code);
      const uri = `/v1/extensions/extension/${NUMBER}`;
      const { id } = extensionOf(await world.caller.get(uri, { customer_id: customerId }));
      const customer = [uuidToBinary(customerId)];
      expect(await world.bin.count('registrar_extensions', 'customer_id = ? AND tm_delete IS NULL', customer)).toBe(1);
      await eventually('all complete', async () => (await brokenPromises(world, customerId)).length === 0);
      expect(extensionOf(await world.caller.delete(`/v1/extensions/${id}`)).tm_delete).not.toBeNull();
    },
  );

  it.each(names.filter((name) => name.startsWith('cascade')))('%s: nothing of the customer is left', async (name) => {
    const customerId = customers.get(name)!;
    const customer = [uuidToBinary(customerId)];
    for (const table of ['registrar_extensions', 'registrar_trunks']) {
      expect(await world.bin.count(table, 'customer_id = ? AND tm_delete IS NULL', customer)).toBe(0);
    }
    expect(await world.asterisk.count('ps_aors', 'id LIKE ?', [`%@${customerId}.%`])).toBe(0);
  });
});
