import { withWorld } from '../support/with-world';
import { BASE_DOMAIN_EXTENSION, freshDomain, freshId } from '../support/world';
import { Keyboard, onTerminal, operatorsOwn, result } from './control';

const ESCAPE = '\u001b[';

const world = withWorld();
const environment = (): Record<string, string> => operatorsOwn(world().environment());
const create = (customerId: string, number: string): Promise<{ id: string; password: string; endpoint_id: string }> =>
  result(['extension', 'create', '--customer-id', customerId, '--username', number, '--generate-password'], {
    environment: environment(),
  });
const count = (customerId: string): Promise<number> =>
  world().bin.count('registrar_extensions', 'domain_name = ? AND tm_delete IS NULL', [customerId]);

describe('on a terminal', () => {
  it('asks for what is missing, and for a password twice without showing it', async () => {
    const customerId = freshId();
    const keyboard = new Keyboard(['extension', 'create'], environment());
    await keyboard.answer('Customer id:', `${customerId}\r`);
    await keyboard.answer('User name:', '2001\r');
    await keyboard.answer('Password:', 'typed-canary\r');
    await keyboard.shows('The same again:');
    expect(keyboard.screen).not.toContain('typed-canary');
    await keyboard.answer('The same again:', 'typed-canary\r');
    const { code, screen } = await keyboard.ended();
    expect(screen).not.toContain('typed-canary');
    expect(screen).toMatch(/password\S*\s+\*{8}/);
    expect(screen).toMatch(/realm\S*\s+\S+\.registrar\.example\.org/);
    expect(code).toBe(0);
    const row = await world().bin.row('SELECT password FROM registrar_extensions WHERE domain_name = ?', [customerId]);
    expect(row).toEqual({ password: 'typed-canary' });
  });

  it('refuses two different passwords', async () => {
    const customerId = freshId();
    const args = ['extension', 'create', '--customer-id', customerId, '--username', '2001'];
    const keyboard = new Keyboard(args, environment());
    await keyboard.answer('Password:', 'one\r');
    await keyboard.answer('The same again:', 'two\r');
    const { code, screen } = await keyboard.ended();
    expect(screen).toContain('the two passwords differ');
    expect(code).toBe(2);
    expect(await count(customerId)).toBe(0);
  });

  it('ends at Ctrl-C with nothing done', async () => {
    const keyboard = new Keyboard(['extension', 'create'], environment());
    await keyboard.answer('Customer id:', '\u0003');
    expect(await keyboard.ended()).toMatchObject({ code: 1 });
  });

  it('shows what would be deleted, and asks', async () => {
    const customerId = freshId();
    const { id } = await create(customerId, '2001');
    const unsure = new Keyboard(['extension', 'delete', '--id', id], environment());
    await unsure.shows('Delete this extension?');
    expect(unsure.screen).toContain(customerId);
    await unsure.answer('Delete this extension?', 'n\r');
    expect(await unsure.ended()).toMatchObject({ code: 1 });
    expect(await count(customerId)).toBe(1);
    const sure = new Keyboard(['extension', 'delete', '--id', id], environment());
    await sure.answer('Delete this extension?', 'y\r');
    expect(await sure.ended()).toMatchObject({ code: 0 });
    expect(await count(customerId)).toBe(0);
  });

  it('deletes unasked with --force', async () => {
    const customerId = freshId();
    const { id } = await create(customerId, '2001');
    expect(await onTerminal(['extension', 'delete', '--id', id, '--force'], environment())).toMatchObject({ code: 0 });
    expect(await count(customerId)).toBe(0);
  });

  it('shows a generated password once, below the result', async () => {
    const args = ['extension', 'create', '--customer-id', freshId(), '--username', '2001', '--generate-password'];
    const { code, screen } = await onTerminal(args, environment());
    expect(code).toBe(0);
    expect(screen.match(/Generated password: ([A-HJ-NP-Za-km-z2-9]{24})\b/g)).toHaveLength(1);
    expect(screen).toContain('********');
  });

  it('warns of a password among the arguments', async () => {
    const args = ['extension', 'create', '--customer-id', freshId(), '--username', '2001', '--password', 'flag-canary'];
    const { screen } = await onTerminal(args, environment());
    expect(screen).toContain('--password-stdin');
    expect(screen).not.toContain('flag-canary');
  });

  it('shows who is registered', async () => {
    const { id, endpoint_id: endpoint } = await create(freshId(), '2001');
    const nobody = await onTerminal(['extension', 'get', '--id', id], environment());
    expect(nobody.screen).toContain('nobody registered');
    await world().asterisk.insert('ps_contacts', {
      id: `contact-${id}`,
      uri: 'sip:2001@192.0.2.77:5061^3Btransport=tls',
      endpoint,
      user_agent: 'Desk Phone 3.1',
      expiration_time: Math.floor(Date.now() / 1000) + 600,
    });
    const customerId = endpoint.slice('2001@'.length, -`.${BASE_DOMAIN_EXTENSION}`.length);
    const subject = ['--customer-id', customerId, '--extension-number', '2001'];
    await result(['contact', 'refresh', ...subject], { environment: environment() });
    const somebody = await onTerminal(['extension', 'get', '--id', id], environment());
    expect(somebody.screen).toContain('sip:2001@192.0.2.77:5061;transport=tls');
    expect(somebody.screen).toContain('Desk Phone 3.1');
    expect(somebody.screen).toMatch(/expires in\S*\s+(59\d|600) s/);
  });

  it('shows what a trunk lets in by', async () => {
    const args = [
      'trunk',
      'create',
      '--customer-id',
      freshId(),
      '--domain',
      freshDomain(),
      '--allowed-ips',
      '203.0.113.7',
    ];
    const { id } = await result<{ id: string }>(args, { environment: environment() });
    const { screen } = await onTerminal(['trunk', 'get', '--id', id], environment());
    expect(screen).toMatch(/status\S*\s+open/);
    expect(screen).toMatch(/lets in by\S*\s+ip/);
  });

  it('has tables as wide as the terminal, with whole ids and masked passwords', async () => {
    const customerId = freshId();
    const { id, password } = await create(customerId, '2001');
    const long = 'a name that is much longer than any terminal has place for in a row of a table';
    await result(['extension', 'update', '--id', id, '--name', long], { environment: environment() });
    const list = ['extension', 'list', '--customer-id', customerId];
    for (const columns of [90, 140]) {
      const { screen } = await onTerminal(list, environment(), columns);
      const lines = screen.split('\r\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(screen).toContain(id);
      expect(screen).toContain('********');
      expect(screen).not.toContain(password);
    }
    expect((await onTerminal([...list, '--show-password'], environment(), 140)).screen).toContain(password);
    expect((await onTerminal([...list, '--format', 'json'], environment())).screen).toContain('"realm":');
  });

  it('uses colour, unless NO_COLOR says not to', async () => {
    const { id } = await create(freshId(), '2001');
    const get = ['extension', 'get', '--id', id];
    expect((await onTerminal(get, environment())).screen).toContain(ESCAPE);
    expect((await onTerminal(get, { ...environment(), NO_COLOR: '1' })).screen).not.toContain(ESCAPE);
  });

  it('says nothing beside the result with --quiet', async () => {
    const list = ['extension', 'list', '--customer-id', freshId()];
    expect((await onTerminal(list, environment())).screen).toContain('Nothing found.');
    expect((await onTerminal([...list, '--quiet'], environment())).screen).toBe('');
  });
});
