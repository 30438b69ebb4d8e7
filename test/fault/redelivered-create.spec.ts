import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { eventually } from '../support/conditions';
import { extensionOf, trunkOf } from '../support/envelope';
import { freshId, World } from '../support/world';
import { CrashingService } from './support/crashing-service';
import { brokenPromises } from './support/promises';

/** Longer than a Go caller waits: the next process must be up while somebody still listens. */
const PATIENCE_MS = 60_000;

describe('a create whose process died, delivered again while its caller waits', () => {
  let world: World;
  let service: CrashingService;

  beforeAll(async () => {
    world = await World.open({ replicas: 0, environment: { RECONCILE_INTERVAL_SECONDS: '2' } });
    service = new CrashingService(() => world.environment());
    await service.start();
  });

  afterAll(async () => {
    await service.close();
    await world.close();
  });

  const dieAt = async (at: string, uri: string, data: object): ReturnType<World['caller']['call']> => {
    await service.arm({ at });
    const answer = world.caller.call(
      { uri, method: 'POST', publisher: 'api-manager', data },
      { timeoutMs: PATIENCE_MS },
    );
    await service.untilCrashed();
    await service.start();
    return answer;
  };

  it.each(['extension.create:before-commit-asterisk', 'extension.create:committed', 'rpc:before-reply'])(
    'is answered with the extension that it made, at %s',
    async (at) => {
      const customerId = freshId();
      const made = extensionOf(await dieAt(at, '/v1/extensions', createExtension(customerId, { extension: '7200' })));
      expect(made).toMatchObject({ extension: '7200', tm_update: null, tm_delete: null });
      expect(await world.bin.count('registrar_extensions', 'domain_name = ?', [customerId])).toBe(1);
      await eventually('all complete', async () => (await brokenPromises(world, customerId)).length === 0);
    },
  );

  it('is refused where the number is somebody else’s by then', async () => {
    const customerId = freshId();
    extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId, { extension: '7201' })));
    const other = createExtension(customerId, { extension: '7201', password: 'another-one' });
    expect((await dieAt('rpc:before-reply', '/v1/extensions', other)).status_code).toBe(409);
  });

  it('is answered with the trunk that it made', async () => {
    const customerId = freshId();
    const made = trunkOf(await dieAt('rpc:before-reply', '/v1/trunks', createTrunk(customerId)));
    expect(await world.bin.count('registrar_trunks', 'domain_name = ?', [made.domain_name])).toBe(1);
  });
});
