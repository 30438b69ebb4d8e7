import { extensionRows } from '../support/rows';
import { withWorld } from '../support/with-world';
import { BASE_DOMAIN_EXTENSION, freshId } from '../support/world';
import { control, operatorsOwn, result, type Ended } from './control';

interface Extension {
  readonly id: string;
  readonly customer_id: string;
  readonly extension: string;
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly endpoint_id: string;
  readonly domain_name: string;
  readonly tm_delete: string | null;
}

const world = withWorld();
const environment = (): Record<string, string> => operatorsOwn(world().environment());
const run = (...args: string[]): Promise<Ended> => control(args, { environment: environment() });
const done = (...args: string[]): Promise<Extension> => result<Extension>(args, { environment: environment() });
const create = (customerId: string, username: string, ...more: string[]): Promise<Extension> =>
  done('extension', 'create', '--customer-id', customerId, '--username', username, '--generate-password', ...more);

describe('extension create', () => {
  it('takes number, user name and password for what they are, in both spellings', async () => {
    const customerId = freshId();
    const args = ['--customer_id', customerId, '--username', 'alice', '--extension_number', '2001'];
    const created = await done('extension', 'create', ...args, '--password', 'S3cret;^ x', '--name', 'front desk');
    expect(created).toMatchObject({
      customer_id: customerId,
      extension: '2001',
      username: 'alice',
      password: 'S3cret;^ x',
      name: 'front desk',
      domain_name: customerId,
      endpoint_id: `2001@${customerId}.${BASE_DOMAIN_EXTENSION}`,
    });
    const rows = await extensionRows(world(), created.id, created.endpoint_id);
    expect(rows.auth).toMatchObject({ username: 'alice', password: 'S3cret^3B^5E x' });
    expect(rows.sipAuth).toMatchObject({ username: 'alice', password: 'S3cret;^ x' });
    expect(rows.endpoint).toBeDefined();
  });

  it('answers with the keys of the RPC reply, and nothing else on stdout', async () => {
    const created = await create(freshId(), '2001');
    const reply = await world().caller.get(`/v1/extensions/${created.id}`);
    expect(Object.keys(created)).toEqual(Object.keys(reply.data as object));
    expect(created).toEqual(reply.data);
  });

  it('is heard of as registrar-control, before it ends', async () => {
    const { customer_id: customerId } = await create(freshId(), '2001');
    const [event] = await world().events.untilSeen(customerId, 'extension_created');
    expect(event?.publisher).toBe('registrar-control');
    expect(await world().bin.count('registrar_outbox')).toBe(0);
  });

  it('takes nothing from variables that are named like its flags', async () => {
    const stray = { PASSWORD: 'stray', USERNAME: 'stray', NAME: 'stray', ID: freshId(), DOMAIN: 'stray', LIMIT: '0' };
    const customerId = freshId();
    const args = ['extension', 'create', '--customer-id', customerId, '--username', '2001', '--generate-password'];
    const created = await result<Extension>(args, { environment: { ...environment(), ...stray } });
    expect(created).toMatchObject({ username: '2001', name: '' });
    expect(created.password).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/);
    const missing = await control(['extension', 'get'], { environment: { ...environment(), ...stray } });
    expect(missing).toMatchObject({ code: 2, stdout: '', stderr: 'Error: --id is required\n' });
  });

  it('reads a password from stdin', async () => {
    const args = ['extension', 'create', '--customer-id', freshId(), '--username', '2001', '--password-stdin'];
    const created = await result<Extension>(args, { environment: environment(), input: 'from stdin\n' });
    expect(created.password).toBe('from stdin');
  });

  it('is refused for a taken number or user name, and leaves nothing', async () => {
    const customerId = freshId();
    await create(customerId, 'alice', '--extension-number', '2001');
    for (const args of [['2001'], ['alice', '--extension-number', '2002']]) {
      const [username = '', ...more] = args;
      const refused = await run(
        ...['extension', 'create', '--customer-id', customerId, '--username', username, '--generate-password', ...more],
      );
      if (username === 'alice') expect(refused.code).toBe(1);
      else expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('already has an extension');
    }
    expect(await world().bin.count('registrar_extensions', 'domain_name = ?', [customerId])).toBe(1);
  });

  it('tells every broken rule by its flag and never the value', async () => {
    const args = [
      '--customer-id',
      freshId(),
      '--username',
      'se cret',
      '--password',
      'p\u0007secret',
      '--name',
      'n'.repeat(256),
    ];
    const refused = await run('extension', 'create', ...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--username must hold only');
    expect(refused.stderr).toContain('--password must hold no control characters');
    expect(refused.stderr).toContain('--name must have at most 255 characters');
    expect(refused.stderr).not.toContain('cret');
  });

  it("accepts the customer's own domain, and no other", async () => {
    const customerId = freshId();
    await create(customerId, '2001', '--domain', `${customerId}.${BASE_DOMAIN_EXTENSION}`);
    const args = ['extension', 'create', '--customer-id', customerId, '--username', '2002', '--generate-password'];
    expect(await run(...args, '--domain', 'elsewhere')).toMatchObject({ code: 2 });
  });
});

describe('extension list', () => {
  it('filters as the original does, and pages', async () => {
    const customerId = freshId();
    for (const number of ['2001', '2002', '2003']) await create(customerId, number);
    const list = (...more: string[]): Promise<Extension[]> =>
      result<Extension[]>(['extension', 'list', '--customer-id', customerId, ...more], { environment: environment() });
    expect((await list()).map(({ extension }) => extension)).toEqual(['2003', '2002', '2001']);
    expect((await list('--extension-number', '2002')).map(({ extension }) => extension)).toEqual(['2002']);
    expect((await list('--username', '2001', '--domain', customerId)).map(({ extension }) => extension)).toEqual([
      '2001',
    ]);
    expect(await list('--domain', 'elsewhere')).toEqual([]);
    const [first] = await list('--limit', '1');
    const next = await list('--limit', '1', '--token', (first as unknown as { tm_create: string }).tm_create);
    expect(next.map(({ extension }) => extension)).toEqual(['2002']);
  });

  it('is CSV on request, without passwords', async () => {
    const customerId = freshId();
    const { password } = await create(customerId, '2001');
    const csv = await run('extension', 'list', '--customer-id', customerId, '--format', 'csv');
    expect(csv.stdout.split('\n')[0]).toMatch(/^id,customer_id,name,/);
    expect(csv.stdout).not.toContain(password);
    const shown = await run('extension', 'list', '--customer-id', customerId, '--format', 'csv', '--show-password');
    expect(shown.stdout).toContain(password);
  });
});

describe('extension update', () => {
  it('renames everywhere', async () => {
    const { customer_id: customerId, id, endpoint_id: former } = await create(freshId(), '2001');
    const contact = { id: `c-${id}`, uri: 'sip:2001@192.0.2.1', endpoint: former };
    await world().asterisk.insert('ps_contacts', contact);
    await world().caller.get('/v1/extensions/extension/2001', { customer_id: customerId });
    const renamed = await done('extension', 'update', '--id', id, '--extension-number', '2002');
    expect(renamed).toMatchObject({ extension: '2002', username: '2002' });
    expect(renamed.endpoint_id).toBe(`2002@${customerId}.${BASE_DOMAIN_EXTENSION}`);
    const now = await extensionRows(world(), id, renamed.endpoint_id);
    expect(now.record).toMatchObject({ extension: '2002', aor_id: renamed.endpoint_id, auth_id: renamed.endpoint_id });
    expect(now.sipAuth).toMatchObject({ username: '2002' });
    expect(now.auth).toMatchObject({ username: '2002', id: renamed.endpoint_id });
    expect(now.endpoint).toMatchObject({ aors: renamed.endpoint_id, auth: renamed.endpoint_id });
    const before = await extensionRows(world(), id, former);
    expect([before.aor, before.auth, before.endpoint]).toEqual([undefined, undefined, undefined]);
    expect(await world().asterisk.count('ps_contacts', 'endpoint = ?', [former])).toBe(0);
    const byFormer = await world().caller.get('/v1/extensions/extension/2001', { customer_id: customerId });
    expect(byFormer.status_code).toBe(404);
    const [event] = await world().events.untilSeen(customerId, 'extension_updated');
    expect(event?.data).toEqual(renamed);
  });

  it('changes the user name alone, and the number stays the address', async () => {
    const { id, endpoint_id: endpointId, password } = await create(freshId(), '2001');
    const changed = await done('extension', 'update', '--id', id, '--username', 'bob');
    expect(changed).toMatchObject({ extension: '2001', username: 'bob', endpoint_id: endpointId, password });
    const rows = await extensionRows(world(), id, endpointId);
    expect([rows.auth?.['username'], rows.sipAuth?.['username']]).toEqual(['bob', 'bob']);
  });

  it('refuses a taken number and changes nothing', async () => {
    const { customer_id: customerId } = await create(freshId(), '2001');
    const { id, endpoint_id: endpointId } = await create(customerId, '2002');
    expect(await run('extension', 'update', '--id', id, '--extension-number', '2001')).toMatchObject({
      code: 1,
      stdout: '',
    });
    const rows = await extensionRows(world(), id, endpointId);
    expect(rows.record).toMatchObject({ extension: '2002' });
    expect(rows.endpoint).toBeDefined();
  });

  it('is never half: when a row of Asterisk cannot be written, the record keeps its number', async () => {
    const { id, endpoint_id: endpointId } = await create(freshId(), '2001');
    await world().asterisk.refuse('UPDATE', 'ps_endpoints');
    try {
      expect((await run('extension', 'update', '--id', id, '--extension-number', '2002')).code).toBe(1);
    } finally {
      await world().asterisk.allow('UPDATE', 'ps_endpoints');
    }
    const rows = await extensionRows(world(), id, endpointId);
    expect(rows.record).toMatchObject({ extension: '2001', endpoint_id: endpointId });
    expect(rows.endpoint).toBeDefined();
    expect(rows.auth).toBeDefined();
  });

  it('needs something to change', async () => {
    const nothing = await run('extension', 'update', '--id', freshId());
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain('--extension-number');
  });
});

describe('extension delete and regenerate-hash', () => {
  it('deletes without a question where nobody can be asked', async () => {
    const { id, endpoint_id: endpointId } = await create(freshId(), '2001');
    const deleted = await done('extension', 'delete', '--id', id);
    expect(deleted.tm_delete).not.toBeNull();
    expect((await extensionRows(world(), id, endpointId)).endpoint).toBeUndefined();
    expect(world().direct.directsOf(deleted.customer_id)).toEqual([]);
  });

  it('replaces the hash', async () => {
    const created = (await create(freshId(), '2001')) as Extension & { direct_hash: string };
    const changed = (await done('extension', 'regenerate-hash', '--id', created.id)) as typeof created;
    expect(changed.direct_hash).toMatch(/^direct\./);
    expect(changed.direct_hash).not.toBe(created.direct_hash);
  });

  it('says that there is no such extension', async () => {
    const missing = await run('extension', 'delete', '--id', freshId());
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: 'Error: The extension was not found.\n' });
  });
});
