import { createExtension } from '../factories/extension.factory';
import { createTrunk } from '../factories/trunk.factory';
import { ZERO_UUID } from '../support/database';
import { extensionOf, trunkOf } from '../support/envelope';
import { ServiceProcess } from '../support/service';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';

async function refusedStart(environment: Record<string, string>): Promise<string> {
  const service = await ServiceProcess.spawn(environment);
  expect(await service.ended()).toEqual({ code: 1, signal: null });
  return service.logText();
}

describe('configuration', () => {
  const world = withWorld({ environment: { RESOURCE_LIMIT_CHECK: 'off', DIRECT_HASH: 'off' } });

  it('names everything that is missing, all at once, and ends with 1', async () => {
    const log = await refusedStart({});
    for (const name of [
      'DATABASE_DSN_BIN',
      'DATABASE_DSN_ASTERISK',
      'RABBITMQ_ADDRESS',
      'REDIS_ADDRESS',
      'DOMAIN_NAME_EXTENSION',
      'DOMAIN_NAME_TRUNK',
    ]) {
      expect(log).toContain(name);
    }
  });

  it('names everything that is wrong, all at once, and never its value', async () => {
    const wrong = {
      DATABASE_DSN_BIN: 'user:canary-one@tcp(localhost:3306)',
      DATABASE_DSN_ASTERISK: 'canary-two',
      RABBITMQ_ADDRESS: 'http://canary-three',
      DOMAIN_NAME_EXTENSION: '-canary-four.example.org',
      DOMAIN_NAME_TRUNK: 'canary_five..org',
      RESOURCE_LIMIT_CHECK: 'canary-six',
      LOG_LEVEL: 'canary-seven',
      DATABASE_MIGRATE: 'canary-eight',
    };
    const log = await refusedStart({ REDIS_ADDRESS: '127.0.0.1:6379', ...wrong });
    for (const name of Object.keys(wrong)) expect(log).toContain(name);
    expect(log).not.toContain('canary');
  });

  it('without limit check and direct hash, no peer is asked', async () => {
    const customerId = freshId();
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    expect(created).toMatchObject({ direct_id: ZERO_UUID, direct_hash: '' });
    trunkOf(await world().caller.post('/v1/trunks', createTrunk(customerId)));
    extensionOf(await world().caller.delete(`/v1/extensions/${created.id}`));
    expect(world().billing.requests).toEqual([]);
    expect(world().direct.requests).toEqual([]);
  });

  it('a flag is stronger than the environment', async () => {
    await world().stopServices();
    const flags = ['--domain_name_extension=flag.example.org', '--domain_name_trunk', 'flag-trunk.example.org'];
    const service = await world().startService({}, [...flags, '--prometheus_endpoint=/numbers']);
    const extension = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    expect(extension.realm).toBe(`${extension.customer_id}.flag.example.org`);
    const trunk = trunkOf(await world().caller.post('/v1/trunks', createTrunk(freshId())));
    expect(trunk.realm).toBe(`${trunk.domain_name}.flag-trunk.example.org`);
    expect((await service.get('/numbers')).text).toContain('registrar_manager_');
    expect((await service.get('/metrics')).status).toBe(404);
  });
});
