import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { NoReplyError } from '../support/caller';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { CrashingService } from '../fault/support/crashing-service';
import { Asterisk } from '../support/sip/asterisk';
import { Site } from '../support/sip/with-asterisk';
import { BASE_DOMAIN_EXTENSION, freshId, World } from '../support/world';

const OLD = 'the-old-one';
const NEW = 'the-new-one';
let service: CrashingService;
let opened: Site;
const site = (): Site => opened;

beforeAll(async () => {
  const world = await World.open({ replicas: 0 });
  service = new CrashingService(() => world.environment());
  await service.start();
  opened = new Site(world, await Asterisk.start(world.asterisk));
});
afterEach(() => site().hangUp());
afterAll(async () => {
  await site().asterisk.close();
  await service.close();
  await site().world.close();
});

const enters = async (extension: ExtensionData, password: string): Promise<boolean> =>
  (await site().register(extension, { password })) === 200;

/** The login that a create would make, before anybody knows whether it did. */
function expected(customerId: string): ExtensionData {
  const realm = `${customerId}.${BASE_DOMAIN_EXTENSION}`;
  return { extension: '2001', realm, username: '2001', password: NEW, customer_id: customerId } as ExtensionData;
}

const isAlive = async (customerId: string): Promise<boolean> =>
  (await site().world.bin.count('registrar_extensions', 'domain_name = ? AND tm_delete IS NULL', [customerId])) > 0;

async function crashAt(at: string, act: () => Promise<unknown>): Promise<Promise<unknown>> {
  await service.arm({ at });
  const outcome = act().catch((error: unknown) => {
    if (!(error instanceof NoReplyError)) throw error;
  });
  await service.untilCrashed();
  return outcome;
}

it.each([
  'extension.create:before-commit-bin',
  'extension.create:before-commit-asterisk',
  'extension.create:committed',
])(
  'a create that dies at %s lets nobody in without a record, and the phone in afterwards if there is one',
  async (at) => {
    const customerId = freshId();
    const request = createExtension(customerId, { password: NEW });
    await crashAt(at, () => site().world.caller.post('/v1/extensions', request));
    if (await enters(expected(customerId), NEW)) expect(await isAlive(customerId)).toBe(true);
    await service.start();
    await eventually('the login following the record', async () => {
      await site().hangUp();
      return (await enters(expected(customerId), NEW)) === (await isAlive(customerId));
    });
  },
);

it.each([
  'extension.delete:before-commit-asterisk',
  'extension.delete:before-commit-bin',
  'extension.delete:committed',
])('a delete that dies at %s leaves no login without a record', async (at) => {
  const created = extensionOf(
    await site().world.caller.post('/v1/extensions', createExtension(freshId(), { password: OLD })),
  );
  expect(await enters(created, OLD)).toBe(true);
  await crashAt(at, () => site().world.caller.delete(`/v1/extensions/${created.id}`));
  const isIn = await enters(created, OLD);
  if (isIn) expect(await isAlive(created.customer_id)).toBe(true);
  await service.start();
  await eventually('the login following the record', async () => {
    await site().hangUp();
    return (await enters(created, OLD)) === (await isAlive(created.customer_id));
  });
});

it.each([
  'extension.update:before-commit-bin',
  'extension.update:before-commit-asterisk',
  'extension.update:committed',
])('a new password that dies at %s leaves one password, and in the end that of the record', async (at) => {
  const created = extensionOf(
    await site().world.caller.post('/v1/extensions', createExtension(freshId(), { password: OLD })),
  );
  const change = { name: '', detail: '', password: NEW };
  await crashAt(at, () => site().world.caller.put(`/v1/extensions/${created.id}`, change));
  expect([await enters(created, OLD), await enters(created, NEW)].filter(Boolean)).toHaveLength(1);
  await service.start();
  const { data } = await site().world.caller.get(`/v1/extensions/${created.id}`);
  const { password } = data as ExtensionData;
  expect([OLD, NEW]).toContain(password);
  await eventually('the password of the record, and no other', async () => {
    await site().hangUp();
    const other = password === OLD ? NEW : OLD;
    return (await enters(created, password)) && !(await enters(created, other));
  });
});
