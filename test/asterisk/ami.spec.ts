import { createExtension } from '../factories/extension.factory';
import { storedLogin } from '../factories/stored-login.factory';
import { control } from '../cli/control';
import { eventually } from '../support/conditions';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { AMI, nodeAt, startCachingAsterisk, type CachingAsterisk } from '../support/sip/caching-asterisk';
import { Phone } from '../support/sip/phone';
import { TcpProxy } from '../support/tcp-proxy';
import { freshId, World } from '../support/world';

const CHANGES = 20;
const LATE = 'registrar_manager_asterisk_ami_late_total';
const UP = 'registrar_manager_asterisk_ami_up';

describe('Asterisk with a memory cache', () => {
  let world: World;
  /** The second one is reached through a proxy. */
  let nodes: readonly [CachingAsterisk, CachingAsterisk];
  let proxy: TcpProxy;
  const addresses = (): readonly [string, string] => [`127.0.0.1:${nodes[0].amiPort}`, `127.0.0.1:${proxy.port}`];
  const amiEnvironment = (): Record<string, string> => ({
    ASTERISK_AMI_ADDRESSES: addresses().join(', '),
    ASTERISK_AMI_USERNAME: AMI.username,
    ASTERISK_AMI_PASSWORD: AMI.password,
  });

  beforeAll(async () => {
    world = await World.open();
    nodes = [await startCachingAsterisk(world.asterisk), await startCachingAsterisk(world.asterisk)];
    proxy = await TcpProxy.before('127.0.0.1', nodes[1].amiPort);
  });
  afterAll(async () => {
    await proxy.close();
    await Promise.all(nodes.map(({ asterisk }) => asterisk.close()));
    await world.close();
  });

  const create = async (changes: Parameters<typeof createExtension>[1] = {}, customer = freshId()) =>
    extensionOf(await world.caller.post('/v1/extensions', createExtension(customer, changes)));
  const setPassword = async ({ id }: ExtensionData, password: string): Promise<ExtensionData> =>
    extensionOf(await world.caller.put(`/v1/extensions/${id}`, { name: '', detail: '', password }));

  /** The answers of both nodes to a REGISTER. */
  const register = (login: ExtensionData, password = login.password): Promise<number[]> =>
    Promise.all(
      nodes.map(async ({ asterisk }) => {
        const phone = await Phone.connect(asterisk.port);
        const { extension: user, realm: domain, username } = login;
        const { status } = await phone.register({ user, domain, username, password });
        await phone.close();
        return status;
      }),
    );
  const untilUp = async (): Promise<void> => {
    const isUp = async (): Promise<boolean> => (await world.service.metric(UP)) === 2;
    await eventually('both nodes being told', isUp, { timeoutMs: 10_000 });
  };

  it('keeps the old password and a deleted extension when nobody tells it', async () => {
    const [changed, deleted] = [await create(), await create()];
    for (const login of [changed, deleted]) expect(await register(login)).toEqual([200, 200]);
    await setPassword(changed, 'the new password');
    await world.caller.delete(`/v1/extensions/${deleted.id}`);
    expect(await register(changed)).toEqual([200, 200]);
    expect(await register(changed, 'the new password')).toEqual([401, 401]);
    expect(await register(deleted)).toEqual([200, 200]);
  });

  describe('told by the service', () => {
    beforeAll(async () => {
      await world.stopServices();
      await world.startService(amiEnvironment());
      await untilUp();
    });

    it('takes the new password and refuses the old one from the reply on, on each node', async () => {
      const login = await create();
      expect(await register(login)).toEqual([200, 200]);
      for (let n = 0, old = login.password; n < CHANGES; n++) {
        const password = `password ${n}`;
        await setPassword(login, password);
        expect(await register(login, old)).toEqual([401, 401]);
        expect(await register(login, password)).toEqual([200, 200]);
        old = password;
      }
      expect(await world.service.metric(LATE)).toBe(0);
    });

    it('refuses a deleted extension at the next REGISTER, and takes the same number made anew', async () => {
      const login = await create();
      expect(await register(login)).toEqual([200, 200]);
      await world.caller.delete(`/v1/extensions/${login.id}`);
      expect(await register(login)).toEqual([401, 401]);
      const anew = await create({ password: 'of the next holder' }, login.customer_id);
      expect(await register(login)).toEqual([401, 401]);
      expect(await register(anew)).toEqual([200, 200]);
    });

    it('refuses every extension of a deleted customer', async () => {
      const customer = freshId();
      const logins: ExtensionData[] = [];
      for (let n = 0; n < 30; n++) logins.push(await create({ extension: String(3_000 + n) }, customer));
      for (const login of logins) expect(await register(login)).toEqual([200, 200]);
      await world.customers.announceDeleted(customer);
      await world.events.untilSeen(customer, 'extension_deleted', logins.length, { timeoutMs: 20_000 });
      for (const login of logins) expect(await register(login)).toEqual([401, 401]);
    });

    it('follows a new number and a new user name that registrar-control gives, and its reconcile', async () => {
      const environment = { ...world.environment(), ...amiEnvironment() };
      const run = async (...args: string[]): Promise<void> => {
        const { code, stderr } = await control(args, { environment });
        expect({ code, stderr }).toMatchObject({ code: 0 });
      };
      const login = await create();
      expect(await register(login)).toEqual([200, 200]);
      await run('extension', 'update', '--id', login.id, '--extension-number', '2002', '--username', 'alice');
      expect(await register(login)).toEqual([401, 401]);
      const { data } = await world.caller.get(`/v1/extensions/${login.id}`);
      const renamed = data as ExtensionData;
      expect(await register(renamed)).toEqual([200, 200]);

      await world.asterisk.run("UPDATE ps_auths SET password = 'damaged' WHERE id = ?", [renamed.auth_id]);
      await nodes[0].asterisk.cli(`sorcery memory cache expire res_pjsip/auth ${renamed.auth_id}`);
      await nodes[1].asterisk.cli(`sorcery memory cache expire res_pjsip/auth ${renamed.auth_id}`);
      expect(await register(renamed)).toEqual([401, 401]);
      await run('reconcile');
      expect(await register(renamed)).toEqual([200, 200]);
    });

    it('refuses a login without a record once reconcile has removed it', async () => {
      const { aor, auth, endpoint, extension } = storedLogin(freshId(), '2001');
      await world.asterisk.insert('ps_aors', aor);
      await world.asterisk.insert('ps_auths', auth);
      await world.asterisk.insert('ps_endpoints', endpoint);
      const login = { ...extension, extension: '2001', password: 'p' } as unknown as ExtensionData;
      expect(await register(login)).toEqual([200, 200]);
      const environment = { ...world.environment(), ...amiEnvironment() };
      expect(await control(['reconcile', '--from-start'], { environment })).toMatchObject({ code: 0 });
      expect(await register(login)).toEqual([401, 401]);
    });

    it('does without a node that is away, and is right when it comes back', async () => {
      const login = await create();
      expect(await register(login)).toEqual([200, 200]);
      proxy.cut();
      await eventually('the node being away', async () => (await world.service.metric(UP)) === 1);
      const startedAt = performance.now();
      await setPassword(login, 'while a node was away');
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect(await register(login)).toEqual([401, 200]);
      const health = await world.service.get('/health/ready');
      expect(health.status).toBe(200);
      expect(JSON.parse(health.text)).toMatchObject({
        error: { [`asterisk_ami ${addresses()[1]}`]: { status: 'down', required: false } },
      });
      expect(await world.service.metric(LATE, { node: addresses()[1] })).toBe(1);
      expect(world.service.logText().match(/An Asterisk node cannot be told/g)).toHaveLength(1);
      expect(world.service.logText()).not.toContain(AMI.password);

      const environment = { ...world.environment(), ...amiEnvironment(), LOG_LEVEL: '' };
      const update = ['extension', 'update', '--id', login.id, '--password-stdin'];
      const { code, stderr } = await control(update, { environment, input: 'while still away' });
      expect(code).toBe(0);
      expect(stderr).toContain(`Asterisk ${addresses()[1]} was not told`);
      expect(stderr).not.toContain(AMI.password);

      proxy.restore();
      await untilUp();
      expect(await register(login)).toEqual([401, 401]);
      expect(await register(login, 'while still away')).toEqual([200, 200]);
    });

    it('costs a hanging node one short wait', async () => {
      const login = await create();
      expect(await register(login)).toEqual([200, 200]);
      proxy.freeze();
      const times: number[] = [];
      for (let n = 0; n < 5; n++) {
        const startedAt = performance.now();
        await setPassword(login, `hanging ${n}`);
        times.push(performance.now() - startedAt);
      }
      expect(times[0]).toBeGreaterThan(250);
      expect(Math.max(...times)).toBeLessThan(1_500);
      expect(times.slice(1).filter((time) => time > 250)).toEqual([]);
      expect(await register(login)).toEqual([401, 200]);
      proxy.restore();
      await untilUp();
      await eventually('the node being told', async () => (await register(login))[1] === 401, { timeoutMs: 10_000 });
      expect(await register(login, 'hanging 4')).toEqual([200, 200]);
    });

    it('forgets what changed while no service ran', async () => {
      const login = await create();
      await world.stopServices();
      await world.startService();
      expect(await register(login)).toEqual([200, 200]);
      await setPassword(login, 'nobody told it');
      expect(await register(login)).toEqual([200, 200]);
      await world.stopServices();
      await world.startService(amiEnvironment());
      await untilUp();
      expect(await register(login)).toEqual([401, 401]);
      expect(await register(login, 'nobody told it')).toEqual([200, 200]);
    });
  });

  it('is inspected: what it holds, without the password', async () => {
    const login = await create();
    expect(await register(login)).toEqual([200, 200]);
    const expected = { ...login, endpointId: login.endpoint_id, authId: login.auth_id, aorId: login.aor_id };
    const node = nodeAt(nodes[0].amiPort);
    const view = await node.inspect(expected);
    expect(view).toMatchObject({
      node: `127.0.0.1:${nodes[0].amiPort}`,
      endpoint: { id: login.endpoint_id, auth: login.auth_id, aors: login.aor_id, context: 'default' },
      auth: {
        authType: 'userpass',
        username: '2001',
        hasExpectedUsername: true,
        hasPassword: true,
        hasExpectedPassword: true,
        hasDigest: false,
      },
      aor: { maxContacts: 3, removeExisting: true },
    });
    // Both nodes write their contacts into one table.
    const contact = { userAgent: 'test phone', status: 'NonQualified' };
    expect(view.aor?.contacts).toMatchObject([contact, contact]);
    expect(view.failure).toBeUndefined();
    expect(JSON.stringify(view)).not.toContain(login.password);
    expect((await node.inspect({ ...expected, password: 'another' })).auth?.hasExpectedPassword).toBe(false);
    expect(await node.inspect({ ...expected, endpointId: 'nobody' })).toEqual({ node: node.name });
  });
});

describe('Asterisk in other configurations', () => {
  let world: World;
  let node: CachingAsterisk;
  beforeAll(async () => {
    world = await World.open();
    node = await startCachingAsterisk(world.asterisk, {
      cache: (text) => text.replaceAll('object_lifetime_maximum=3600', 'full_backend_cache=yes'),
      users: '[weak]\nsecret = secret\nread = all\nwrite = reporting\n',
    });
    await world.stopServices();
    await world.startService({
      ASTERISK_AMI_ADDRESSES: `127.0.0.1:${node.amiPort}`,
      ASTERISK_AMI_USERNAME: AMI.username,
      ASTERISK_AMI_PASSWORD: AMI.password,
    });
    await eventually('the node being told', async () => (await world.service.metric(UP)) === 1);
  });
  afterAll(async () => {
    await node.asterisk.close();
    await world.close();
  });

  it('with full_backend_cache knows a new extension, and a changed password, from the reply on', async () => {
    const phone = await Phone.connect(node.asterisk.port);
    for (let n = 0; n < 5; n++) {
      const login = extensionOf(await world.caller.post('/v1/extensions', createExtension(freshId())));
      const { extension: user, realm: domain, username, password } = login;
      expect((await phone.register({ user, domain, username, password })).status).toBe(200);
      const change = { name: '', detail: '', password: 'the new one' };
      await world.caller.put(`/v1/extensions/${login.id}`, change);
      expect((await phone.register({ user, domain, username, password })).status).toBe(401);
      expect((await phone.register({ user, domain, username, password: 'the new one' })).status).toBe(200);
    }
    await phone.close();
  });

  it.each([
    ['a wrong secret', { username: AMI.username, password: 'wrong' }, 'LOGIN_REFUSED'],
    ['an unknown user', { username: 'nobody', password: AMI.password }, 'LOGIN_REFUSED'],
    ['a user without write = system', { username: 'weak', password: AMI.password }, 'NO_PRIVILEGE'],
  ])('with %s is told to the operator', async (_, credentials, code) => {
    expect((await nodeAt(node.amiPort, credentials).check()).failure?.code).toBe(code);
  });

  it('is looked at by registrar-control doctor', async () => {
    const environment = { ...world.environment(), ASTERISK_AMI_USERNAME: AMI.username, LOG_LEVEL: '' };
    const doctor = async (more: Record<string, string>): Promise<string> =>
      (await control(['doctor'], { environment: { ...environment, ...more } })).stdout;
    const address = `127.0.0.1:${node.amiPort}`;
    const good = await doctor({ ASTERISK_AMI_ADDRESSES: address, ASTERISK_AMI_PASSWORD: AMI.password });
    expect(good).toContain('caches endpoint, auth, aor');
    const bad = await doctor({ ASTERISK_AMI_ADDRESSES: `${address},127.0.0.1:9`, ASTERISK_AMI_PASSWORD: 'wr0ng' });
    expect(bad).toContain('LOGIN_REFUSED');
    expect(bad).toContain('UNREACHABLE');
    expect(bad).not.toContain('wr0ng');
  });
});
