import { createExtension } from '../factories/extension.factory';
import { trunkRows } from '../support/rows';
import { withWorld } from '../support/with-world';
import { BASE_DOMAIN_EXTENSION, BASE_DOMAIN_TRUNK, freshDomain, freshId } from '../support/world';
import { control, operatorsOwn, result, type Ended } from './control';

interface Trunk {
  readonly id: string;
  readonly domain_name: string;
  readonly auth_types: string[];
  readonly realm: string;
  readonly username: string;
  readonly password: string;
  readonly allowed_ips: string[];
}

const world = withWorld();
const run = (...args: string[]): Promise<Ended> => control(args, { environment: operatorsOwn(world().environment()) });
const done = <T = Trunk>(...args: string[]): Promise<T> =>
  result<T>(args, { environment: operatorsOwn(world().environment()) });

describe('trunk', () => {
  it('lets in by what it is given', async () => {
    const customer = ['trunk', 'create', '--customer-id', freshId()];
    const byIp = await done(...customer, '--domain', freshDomain(), '--allowed_ips', '203.0.113.7, 198.51.100.0/24');
    expect(byIp).toMatchObject({ auth_types: ['ip'], allowed_ips: ['203.0.113.7', '198.51.100.0/24'] });
    const args = ['--username', 'acme', '--password', 'pw'];
    expect((await done(...customer, '--domain', freshDomain(), ...args)).auth_types).toEqual(['basic']);
    expect((await done(...customer, '--domain', freshDomain())).auth_types).toEqual([]);
  });

  it('refuses what the routes refuse', async () => {
    const customer = ['trunk', 'create', '--customer-id', freshId()];
    const wrong = await run(...customer, '--domain', '9', '--allowed-ips', '203.0.113.7/');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--domain must have 2 to 31 letters');
    expect(wrong.stderr).toContain('--allowed-ips must hold only');
  });

  it('changes its domain: the realm follows, the former one is free, callers see it at once', async () => {
    const [former, next] = [freshDomain(), freshDomain()];
    const { id } = await done(
      'trunk',
      'create',
      '--customer-id',
      freshId(),
      '--domain',
      former,
      '--allowed-ips',
      '203.0.113.7',
    );
    expect((await world().caller.get(`/v1/trunks/domain_name/${former}`)).status_code).toBe(200);
    const moved = await done('trunk', 'update', '--id', id, '--domain', next);
    expect(moved).toMatchObject({ domain_name: next, realm: `${next}.${BASE_DOMAIN_TRUNK}`, auth_types: ['ip'] });
    expect((await trunkRows(world(), id)).sipAuth).toMatchObject({ realm: `${next}.${BASE_DOMAIN_TRUNK}` });
    expect((await world().caller.get(`/v1/trunks/domain_name/${former}`)).status_code).toBe(404);
    expect((await world().caller.get(`/v1/trunks/domain_name/${next}`)).status_code).toBe(200);
  });

  it('refuses the domain of another, and a wrong one', async () => {
    const taken = freshDomain();
    await done('trunk', 'create', '--customer-id', freshId(), '--domain', taken);
    const { id, domain_name: own } = await done(
      'trunk',
      'create',
      '--customer-id',
      freshId(),
      '--domain',
      freshDomain(),
    );
    expect(await run('trunk', 'update', '--id', id, '--domain', taken)).toMatchObject({ code: 1 });
    expect(await run('trunk', 'update', '--id', id, '--domain', '-')).toMatchObject({ code: 2 });
    expect((await trunkRows(world(), id)).record).toMatchObject({ domain_name: own });
  });

  it('follows what lets in when it changes', async () => {
    const { id } = await done('trunk', 'create', '--customer-id', freshId(), '--domain', freshDomain());
    const change = (...args: string[]): Promise<Trunk> => done('trunk', 'update', '--id', id, ...args);
    expect((await change('--username', 'acme', '--password', 'pw')).auth_types).toEqual(['basic']);
    expect(await change('--name', 'only this')).toMatchObject({ auth_types: ['basic'], password: 'pw' });
    expect((await change('--allowed-ips', '2001:db8::/32')).auth_types).toEqual(['basic', 'ip']);
    expect((await change('--allowed-ips', '')).auth_types).toEqual(['basic']);
  });

  it('works without the database of Asterisk', async () => {
    const environment = { ...world().environment(), DATABASE_DSN_ASTERISK: 'nobody@tcp(127.0.0.1:1)/asterisk' };
    const customerId = freshId();
    const args = ['trunk', 'create', '--customer-id', customerId, '--domain', freshDomain()];
    const { id } = await result<Trunk>(args, { environment });
    expect(await result(['trunk', 'get', '--id', id], { environment })).toMatchObject({ id });
    expect(await result(['trunk', 'list', '--customer-id', customerId], { environment })).toHaveLength(1);
    expect(await result(['trunk', 'delete', '--id', id], { environment })).toMatchObject({ id });
  });
});

describe('contact', () => {
  it('lists, refreshes what is cached, and flushes', async () => {
    const customerId = freshId();
    const endpoint = `2001@${customerId}.${BASE_DOMAIN_EXTENSION}`;
    const subject = ['--customer-id', customerId, '--extension-number', '2001'];
    const register = (id: string): Promise<void> =>
      world().asterisk.insert('ps_contacts', {
        id: `${customerId}-${id}`,
        uri: 'sip:2001@192.0.2.1^3Btransport=tls',
        endpoint,
        user_agent: 'phone',
        expiration_time: Math.floor(Date.now() / 1000) + 600,
      });
    await world().caller.post('/v1/extensions', createExtension(customerId, { extension: '2001' }));
    await register('one');
    expect(await done<unknown[]>('contact', 'list', ...subject)).toMatchObject([{ endpoint, user_agent: 'phone' }]);
    const seenByCallers = async (): Promise<unknown> =>
      (await world().caller.get('/v1/contacts', { customer_id: customerId, extension: '2001' })).data;
    expect(await seenByCallers()).toHaveLength(1);
    await register('two');
    expect(await seenByCallers()).toHaveLength(1);
    expect(await done('contact', 'refresh', ...subject)).toEqual({ refreshed: true, contacts: 2 });
    expect(await seenByCallers()).toHaveLength(2);
    expect(await done<unknown[]>('contact', 'list', ...subject)).toHaveLength(2);
    expect(await done('contact', 'flush', ...subject)).toEqual({ flushed: 2 });
    expect(await world().asterisk.count('ps_contacts', 'endpoint = ?', [endpoint])).toBe(0);
    expect(await seenByCallers()).toEqual([]);
  });
});
