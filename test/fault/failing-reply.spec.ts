import { createExtension } from '../factories/extension.factory';
import { errorOf, extensionOf } from '../support/envelope';
import { freshId, World } from '../support/world';
import { CrashingService } from './support/crashing-service';

describe('a failure between delivery and reply', () => {
  let world: World;
  let service: CrashingService;

  beforeAll(async () => {
    world = await World.open({ replicas: 0 });
    service = new CrashingService(() => world.environment());
    await service.start();
  });
  afterAll(async () => {
    await service.close();
    await world.close();
  });

  it('is answered 500 in an envelope, logged under the same id, counted, and the next request is answered', async () => {
    const created = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
    const before = await service.process.metric('registrar_manager_internal_errors_total');
    await service.arm({ at: 'rpc:before-reply', throws: true });
    const reply = await world.caller.get(`/v1/extensions/${created.id}`);
    expect(reply.status_code).toBe(500);
    expect(Object.keys(JSON.parse(reply.text) as object)).toEqual(['status_code', 'data_type', 'data']);
    const [detail] = errorOf(reply).details as { error_id: string }[];
    expect(detail?.error_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(service.process.logText()).toContain(detail?.error_id);
    expect(await service.process.metric('registrar_manager_internal_errors_total')).toBe(before + 1);
    expect(extensionOf(await world.caller.get(`/v1/extensions/${created.id}`))).toEqual(created);
  });
});
