import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registeredContact } from '../factories/contact.factory';
import { createExtension } from '../factories/extension.factory';
import { eventually } from '../support/conditions';
import { extensionOf, type ExtensionData } from '../support/envelope';
import { TcpProxy } from '../support/tcp-proxy';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';
import { Control, control, operatorsOwn, result, type Ended } from './control';

const world = withWorld();
const environment = (): Record<string, string> => operatorsOwn(world().environment());
const run = (args: string[], input?: string): Promise<Ended> =>
  control(args, { environment: environment(), ...(input === undefined ? {} : { input }) });
const folder = mkdtempSync(join(tmpdir(), 'registrar-files-'));

afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer, name = `${freshId()}.csv`): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const extensionsOf = async (customerId: string): Promise<ExtensionData[]> => {
  const filters = { customer_id: customerId, deleted: false };
  const { data } = await world().caller.get('/v1/extensions?page_size=100', filters);
  return data as ExtensionData[];
};
const valuesOf = async (customerId: string): Promise<Record<string, string>[]> =>
  (await extensionsOf(customerId))
    .map(({ extension, username, password, name, detail }) => ({ extension, username, password, name, detail }))
    .sort((a, b) => (a.extension < b.extension ? -1 : 1));

describe('a file that a spreadsheet or two tools have made', () => {
  it.each([
    ['mixed line ends', (c: string) => `customer_id,extension,name\n${c},1001,Front desk\r\n${c},1002,Back\r\n`],
    ['a CRLF header', (c: string) => `customer_id,extension,name\r\n${c},1001,Front desk\n${c},1002,Back\n`],
    ['a quoted last cell', (c: string) => `customer_id,extension,name\n${c},1001,"Front desk"\r\n${c},1002,"Back"\r\n`],
    ['semicolons', (c: string) => `customer_id;extension;name\n${c};1001;Front desk\n${c};1002;Back\n`],
    [
      "Excel's first line",
      (c: string) => `sep=;\r\ncustomer_id;extension;name\r\n${c};1001;Front desk\r\n${c};1002;Back`,
    ],
    [
      'UTF-16',
      (c: string) =>
        Buffer.from(`\ufeffcustomer_id\textension\tname\r\n${c}\t1001\tFront desk\r\n${c}\t1002\tBack\r\n`, 'utf16le'),
    ],
  ])('is read with its values and no others: %s', async (_what, content) => {
    const customerId = freshId();
    const { code, stderr } = await run(['extension', 'import', file(content(customerId))]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect((await extensionsOf(customerId)).map(({ extension, name }) => [extension, name]).sort()).toEqual([
      ['1001', 'Front desk'],
      ['1002', 'Back'],
    ]);
  });

  it('is read from a pipe', async () => {
    const customerId = freshId();
    const text = `extension,password\n1001,secret-1\n`;
    const { code } = await run(['extension', 'import', '-', '--format', 'csv', '--customer-id', customerId], text);
    expect(code).toBe(0);
    expect(await valuesOf(customerId)).toMatchObject([{ extension: '1001', password: 'secret-1' }]);
  });

  it.each([
    [
      'action,extension,cid_masquerade,name,\n,1,,,\n,2,,,\n,3,,,\n',
      ['line 1: unknown columns: action, cid_masquerade; column 5 has no title'],
    ],
    [
      'customer_id,extension,number,name,name\n,3001,3002,first,second\n',
      ['column extension is there twice', 'column name is there twice'],
    ],
    ['customer_id,extension,extension_number\n,1,2\n', ['column extension is there twice']],
    ['customer_id,extension,password,Password\n,1,firstpass1,\n', ['column password is there twice']],
    ['extension,name\n4.93012E+11,x\n', ['line 2: extension is a number in E notation']],
    [Buffer.from([...Buffer.from('extension,name\n1,Caf'), 0xe9, 0x0a]), ['not UTF-8 text (line 2)']],
  ])('is refused in one line that names what is wrong: %j', async (content, texts) => {
    const customerId = freshId();
    const { code, stderr } = await run([
      'extension',
      'import',
      file(content),
      '--customer-id',
      customerId,
      '--dry-run',
    ]);
    expect(code).toBe(2);
    for (const text of texts) expect(stderr).toContain(text);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect(stderr).not.toContain('firstpass1');
    expect(await extensionsOf(customerId)).toEqual([]);
  });

  it('is refused when a JSON row names a number twice', async () => {
    const rows = [{ number: '1', extension: '2', password: 'secret-1' }];
    const { code, stderr } = await run([
      'extension',
      'import',
      file(JSON.stringify(rows), `${freshId()}.json`),
      '--customer-id',
      freshId(),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('key extension is there twice');
  });
});

describe('what the command line writes it reads back to the same values', () => {
  const VALUES = [
    { extension: '+4930123', password: '=SUM(A1)', name: '=HYPERLINK("http://x.test","y")' },
    { extension: '2102', password: '-pass1234', name: "'quoted" },
    { extension: '2103', password: '@home1234', name: "''=1+1" },
    { extension: '2104', password: "'=already", name: ' \t=x' },
    { extension: '2105', password: '1.5E+09', name: '#NAME?' },
    { extension: '2106', password: 'a,b;"c"', name: 'two\r\nlines' },
    { extension: '2107', password: "'", name: '＝1+1' },
  ];

  it.each([
    ['list', (c: string) => ['extension', 'list', '--customer-id', c, '--format', 'csv', '--show-password']],
    ['export to CSV', (c: string) => ['extension', 'export', '--customer-id', c, '--format', 'csv']],
    ['export to JSON', (c: string) => ['extension', 'export', '--customer-id', c, '--format', 'json']],
  ])('%s', async (what, args) => {
    const [from, to] = [freshId(), freshId()];
    for (const value of VALUES) {
      extensionOf(await world().caller.post('/v1/extensions', createExtension(from, { ...value, detail: '-5' })));
    }
    const { code, stdout } = await run(args(from));
    expect(code).toBe(0);
    if (!what.includes('JSON')) expect(stdout).not.toMatch(/(^|,)"?[=+@]/m);
    const copy = file(stdout.replaceAll(from, to), `${freshId()}.${what.includes('JSON') ? 'json' : 'csv'}`);
    expect(readFileSync(copy, 'utf8')).toContain(to);
    const imported = await run(['extension', 'import', copy]);
    expect({ code: imported.code, stderr: imported.stderr }).toMatchObject({ code: 0 });
    expect(await valuesOf(to)).toEqual(await valuesOf(from));
  });
});

describe('an import during an outage', () => {
  it('waits for the database, and goes on with nothing twice', async () => {
    const customerId = freshId();
    const proxy = await TcpProxy.before('127.0.0.1', world().bin.port);
    try {
      const rows = Array.from({ length: 120 }, (_, index) => `${7000 + index}`);
      const path = file(['extension', ...rows].join('\n'));
      const through = { ...environment(), DATABASE_DSN_BIN: world().bin.dsn(proxy.port) };
      const importing = new Control(['extension', 'import', path, '--customer-id', customerId], {
        environment: through,
      });
      const made = (): Promise<number> => world().bin.count('registrar_extensions', 'domain_name = ?', [customerId]);
      await eventually('some of the rows', async () => (await made()) > 5, { timeoutMs: 60_000, intervalMs: 5 });
      proxy.cut();
      await eventually('the outage told', () => importing.stderr.includes('trying again'), { timeoutMs: 30_000 });
      proxy.restore();
      const { code, stdout, stderr } = await importing.ended();
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stderr.match(/trying again/g)).toHaveLength(1);
      expect(JSON.parse(stdout)).toMatchObject({ total: 120, created: 120, skipped: 0, failed: 0, left: 0 });
      expect(await made()).toBe(120);
    } finally {
      await proxy.close();
    }
  });
});

describe('registrations', () => {
  it.each(['list', 'refresh', 'flush'])('of a number that does not exist: contact %s says so', async (command) => {
    const made = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    const args = ['contact', command, ...(command === 'flush' ? ['--force'] : [])];
    for (const [customer, number] of [
      [made.customer_id, '9999'],
      [made.customer_id, 'front desk'],
      [made.customer_id, ' 2001'],
      [freshId(), '2001'],
    ] as const) {
      const { code, stdout, stderr } = await run([...args, '--customer-id', customer, '--extension-number', number]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('no such extension');
    }
    const there = await run([...args, '--customer-id', made.customer_id, '--extension-number', '2001']);
    expect(there.code).toBe(0);
  });

  it('of an extension and what it may have stand in the JSON of extension get, after the record', async () => {
    const made = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    await world().asterisk.insert('ps_contacts', registeredContact(made.customer_id, '2001'));
    await world().asterisk.run('UPDATE ps_aors SET max_contacts = 10 WHERE id = ?', [made.aor_id]);
    const shown = await result(['extension', 'get', '--id', made.id], {
      environment: environment(),
    });
    const { status, max_contacts, contacts, ...record } = shown;
    expect(record).toEqual(made);
    expect(Object.keys(shown).slice(0, Object.keys(made).length)).toEqual(Object.keys(made));
    expect([status, max_contacts]).toEqual(['registered', 10]);
    const [contact] = contacts as { uri: string; expires_in: number }[];
    expect(contact?.uri).toContain('^3B');
    expect(contact?.expires_in).toBeGreaterThan(3_500);
    const table = await run(['extension', 'get', '--id', made.id, '--format', 'table']);
    expect(table.stdout).toMatch(/registered, 1 of at most 10 devices/);
    expect(table.stdout).toContain('sip:2001@203.0.113.9:5060;transport=udp');
  });

  it('of a deleted extension are not those of the next holder of its number', async () => {
    const former = extensionOf(await world().caller.post('/v1/extensions', createExtension(freshId())));
    await world().caller.delete(`/v1/extensions/${former.id}`);
    extensionOf(await world().caller.post('/v1/extensions', createExtension(former.customer_id)));
    await world().asterisk.insert('ps_contacts', registeredContact(former.customer_id, '2001'));
    const shown = await result(['extension', 'get', '--id', former.id], { environment: environment() });
    expect(shown).toMatchObject({ status: 'deleted', max_contacts: null, contacts: [] });
  });

  it('are shown as the phone has sent them, and a name cannot pass for another line', async () => {
    const customerId = freshId();
    const made = extensionOf(
      await world().caller.post('/v1/extensions', createExtension(customerId, { name: 'desk\nstatus  registered' })),
    );
    const contact = registeredContact(customerId, '2001', {
      uri: 'sip:2001@203.0.113.9:5060^3Btransport=tls^3Bx=a^5Eb',
      user_agent: 'Linphone (x^3B y) 5.1^5E0',
      expiration_time: 0,
      via_port: 0,
    });
    await world().asterisk.insert('ps_contacts', contact);
    const subject = ['--customer-id', customerId, '--extension-number', '2001'];
    const table = (await run(['contact', 'list', ...subject, '--format', 'table'])).stdout;
    expect(table).toContain('Linphone (x; y)');
    expect(table).toContain('unknown');
    expect(table).not.toMatch(/\^3B|\^5E|:0$/m);
    const csv = (await run(['contact', 'list', ...subject, '--format', 'csv'])).stdout;
    expect(csv).toContain('Linphone (x^3B y) 5.1^5E0');
    const detail = (await run(['extension', 'get', '--id', made.id, '--format', 'table'])).stdout;
    expect(detail).toContain('sip:2001@203.0.113.9:5060;transport=tls;x=a^b\n');
    expect(detail).toContain('Linphone (x; y) 5.1^0\n');
    expect(detail.match(/^status/gm)).toHaveLength(1);
  });

  it('have no place in trunk get: its status stands after the record', async () => {
    const made = await result(
      ['trunk', 'create', '--customer-id', freshId(), '--domain', 'acme-status', '--allowed-ips', '203.0.113.7'],
      { environment: environment() },
    );
    const shown = await result(['trunk', 'get', '--id', String(made['id'])], {
      environment: environment(),
    });
    expect(shown).toEqual({ ...made, status: 'open' });
  });
});
