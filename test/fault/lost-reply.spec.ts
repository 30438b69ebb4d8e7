import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { uuidToBinary } from '../support/database';
import { extensionOf } from '../support/envelope';
import { TcpProxy } from '../support/tcp-proxy';
import { freshId, World } from '../support/world';
import { DatabaseTrouble } from './support/database-trouble';

describe('a reply on a connection that breaks', () => {
  let world: World;
  let proxy: TcpProxy;
  let trouble: DatabaseTrouble;

  beforeAll(async () => {
    world = await World.open({ replicas: 0 });
    trouble = await DatabaseTrouble.connect();
    const broker = new URL(world.environment()['RABBITMQ_ADDRESS'] ?? '');
    proxy = await TcpProxy.before(broker.hostname, Number(broker.port));
    broker.hostname = '127.0.0.1';
    broker.port = String(proxy.port);
    await world.startService({ RABBITMQ_ADDRESS: broker.href });
  });
  afterAll(async () => {
    trouble.close();
    await world.close();
    await proxy.close();
  });

  it('is sent again, and the change is made once', async () => {
    const customerId = freshId();
    const { id } = extensionOf(await world.caller.post('/v1/extensions', createExtension(customerId)));
    await world.events.untilSeen(customerId, 'extension_created');
    await trouble.lockRows(world.bin.name, 'registrar_extensions', `id = UNHEX("${uuidToBinary(id).toString('hex')}")`);
    const data = { name: 'after', detail: '', password: '' };
    const reply = world.caller.call({ method: 'PUT', uri: `/v1/extensions/${id}`, data }, { timeoutMs: 10_000 });
    await eventually(
      'the change being in work',
      async () => (await world.service.metric('registrar_manager_rpc_in_flight')) === 1,
    );
    proxy.swallow();
    await trouble.release();
    await eventually('the change being made', () =>
      world.bin.count('registrar_extensions', 'id = ? AND name = ?', [uuidToBinary(id), 'after']),
    );
    await eventually(
      'the reply being written',
      async () => (await world.service.metric('registrar_manager_rpc_in_flight')) === 0,
    );
    proxy.cut();
    proxy.restore();
    expect(extensionOf(await reply).name).toBe('after');
    await eventually(
      'an empty queue',
      async () => (await world.caller.queueState('bin-manager.registrar-manager.request')).messages === 0,
    );
    await world.events.untilSeen(customerId, 'extension_updated');
  });
});
