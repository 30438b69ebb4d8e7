import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { control, operatorsOwn } from '../cli/control';
import { registeredContact } from '../factories/contact.factory';
import { createExtension } from '../factories/extension.factory';
import { run } from '../scripts/run';
import { eventually } from '../support/conditions';
import { documentedCommands, read } from '../support/documented-commands';
import { DOCUMENT_IDS, DocumentValues, withExamples, wrapped } from '../support/documented-messages';
import { extensionOf, requestText, trunkOf, type Reply, type RequestEnvelope } from '../support/envelope';
import { BillingManager, silence } from '../support/peers';
import { freePort } from '../support/ports';
import { withWorld } from '../support/with-world';
import { freshDomain, freshId } from '../support/world';

const root = resolve(__dirname, '../..');
const DOCUMENTS = ['README.md', 'docs/api.md'].map((path) => join(root, path));
const LABEL = { request: 'request  ', reply: 'reply    ', event: 'event    ' } as const;

type Messages = Partial<Record<keyof typeof LABEL, string>>;

describe('the documents', () => {
  const world = withWorld();
  const customerId = freshId();
  const domain = freshDomain();
  const values = new DocumentValues();
  const examples = new Map<string, Messages>();

  async function show(name: string, request: RequestEnvelope | string, eventType?: string): Promise<Reply> {
    const { events, caller } = world();
    const text = typeof request === 'string' ? request : requestText(request);
    const before = eventType === undefined ? 0 : events.of(customerId, eventType).length;
    const reply = await caller.sendRaw(text);
    const seen = eventType === undefined ? [] : await events.untilSeen(customerId, eventType, before + 1);
    const event = seen.at(-1)?.text;
    examples.set(name, { request: text, reply: reply.text, ...(event !== undefined && { event }) });
    return reply;
  }

  const get = (name: string, uri: string, data?: unknown): Promise<Reply> => show(name, { method: 'GET', uri, data });

  async function showExtensions(): Promise<string> {
    const extensions = '/v1/extensions';
    const data = createExtension(customerId);
    const reply = await show('create-extension', { method: 'POST', uri: extensions, data }, 'extension_created');
    const { id, direct_id } = extensionOf(reply);
    values.replace(id, DOCUMENT_IDS.extension);
    values.replace(direct_id, DOCUMENT_IDS.direct);
    const uri = `${extensions}/${id}`;
    await get('get-extension', uri);
    const filters = { customer_id: customerId, deleted: false };
    await get('list-extensions', `${extensions}?page_token=&page_size=10`, filters);
    await get('find-extension', `${extensions}/extension/2001`, { customer_id: customerId });
    await get('count-extensions', `${extensions}/count_by_customer`, { customer_id: customerId });
    const change = { name: 'front desk', detail: 'second floor', password: '' };
    await show('update-extension', { method: 'PUT', uri, data: change }, 'extension_updated');
    await show('regenerate-hash', { method: 'POST', uri: `${uri}/direct-hash-regenerate` }, 'extension_updated');
    return uri;
  }

  async function showContacts(): Promise<void> {
    await world().asterisk.insert('ps_contacts', registeredContact(customerId, '2001'));
    await show('refresh-contacts', {
      method: 'PUT',
      uri: '/v1/contacts',
      data: { customer_id: customerId, extension: '2001' },
    });
    await get('list-contacts', '/v1/contacts', { customer_id: customerId, extension: '2001' });
  }

  async function showTrunks(): Promise<void> {
    const trunks = '/v1/trunks';
    const settings = { name: 'pbx', auth_types: ['basic', 'ip'], username: 'acme', allowed_ips: ['203.0.113.7'] };
    const data = { customer_id: customerId, domain_name: domain, ...settings, password: 't0p-secret' };
    const reply = await show('create-trunk', { method: 'POST', uri: trunks, data }, 'trunk_created');
    const { id } = trunkOf(reply);
    values.replace(id, DOCUMENT_IDS.trunk);
    const uri = `${trunks}/${id}`;
    await get('get-trunk', uri);
    await get('list-trunks', `${trunks}?page_token=&page_size=10`, { customer_id: customerId, deleted: false });
    await get('find-trunk', `${trunks}/domain_name/${domain}`);
    await get('count-trunks', `${trunks}/count_by_customer`, { customer_id: customerId });
    const change = { ...settings, allowed_ips: ['203.0.113.7', '198.51.100.0/24'] };
    await show('update-trunk', { method: 'PUT', uri, data: change }, 'trunk_updated');
    await show('delete-trunk', { method: 'DELETE', uri }, 'trunk_deleted');
  }

  async function showErrors(): Promise<void> {
    const post = (name: string, data: unknown): Promise<Reply> =>
      show(name, { method: 'POST', uri: '/v1/extensions', data });
    await show('malformed', 'not JSON');
    await get('no-route', '/v1/extensions');
    await post('invalid', createExtension(customerId, { extension: 'front desk', password: '' }));
    await get('not-found', `/v1/extensions/${DOCUMENT_IDS.trunk}`);
    await post('exists', createExtension(customerId));
    world().billing.behaveFor(customerId, BillingManager.denies);
    await post('limit', createExtension(customerId, { extension: '2002' }));
    world().billing.behaveFor(customerId, silence);
    await post('unavailable', createExtension(customerId, { extension: '2002' }));
    world().billing.behaveAsUsual();
  }

  async function showDeletedCustomer(): Promise<void> {
    await world().caller.post('/v1/extensions', createExtension(customerId));
    const event = {
      type: 'customer_deleted',
      publisher: 'customer-manager',
      data_type: 'application/json',
      data: { id: customerId },
    };
    await world().customers.publishRaw(JSON.stringify(event));
    await world().events.untilSeen(customerId, 'extension_deleted', 2);
    examples.set('customer-deleted', { event: JSON.stringify(event) });
  }

  function exampleOf(name: string): string {
    const [, example = '', part] = /^([\w-]+)(?: (request|reply|event))?$/.exec(name) ?? [];
    const messages = examples.get(example);
    if (!messages) throw new Error(`no example ${name}`);
    const shown = (key: keyof Messages): string => values.of(messages[key] ?? '');
    if (part !== undefined) return wrapped(shown(part as keyof Messages));
    const parts = (Object.keys(LABEL) as (keyof Messages)[]).filter((key) => messages[key] !== undefined);
    return parts.map((key) => LABEL[key] + wrapped(shown(key), ' '.repeat(LABEL[key].length))).join('\n');
  }

  it('show the messages of a real conversation ("WRITE_DOCUMENTS=1" before the command writes them)', async () => {
    values.replace(customerId, DOCUMENT_IDS.customer);
    values.replace(domain, 'acme-hq');
    const extension = await showExtensions();
    await showContacts();
    await showTrunks();
    await showErrors();
    await show('delete-extension', { method: 'DELETE', uri: extension }, 'extension_deleted');
    await showDeletedCustomer();
    const unused = new Set(examples.keys());
    for (const path of DOCUMENTS) {
      const document = readFileSync(path, 'utf8');
      const current = withExamples(document, (name) => {
        unused.delete(name);
        return exampleOf(name);
      });
      if (process.env['WRITE_DOCUMENTS'] === '1') writeFileSync(path, current);
      else expect(document).toBe(current);
    }
    expect([...unused]).toEqual([]);
  });

  it('show commands of registrar-control that run', async () => {
    const created = extensionOf(await world().caller.post('/v1/extensions', createExtension(customerId)));
    const blocks = documentedCommands().filter(
      ({ isBlock, command }) => isBlock && command.startsWith('registrar-control'),
    );
    expect(blocks.length).toBeGreaterThan(8);
    const environment = operatorsOwn(world().environment());
    for (const command of new Set(blocks.map((block) => block.command))) {
      const filled = command
        .replaceAll(DOCUMENT_IDS.customer, customerId)
        .replace(/\bID\b/, created.id)
        .replace(/'admin:…@\S+\/bin_manager'/, world().bin.dsn())
        .replace(/'admin:…@\S+\/asterisk'/, world().asterisk.dsn());
      const { code, stderr } = await control(filled.split(' ').slice(1), { environment });
      expect([command, code, code === 0 ? '' : stderr]).toEqual([command, 0, '']);
    }
  });
});

describe('a first run', () => {
  const world = withWorld({ replicas: 0 });

  it('is npm start, and scripts/first-conversation.mjs beside it', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const environment = { ...process.env, ...world().environment(), PROMETHEUS_LISTEN_ADDRESS: listen };
    const lone = { ...environment, RESOURCE_LIMIT_CHECK: 'off', DIRECT_HASH: 'off' };
    const start = spawn(process.execPath, [join(root, 'scripts/start.mjs')], {
      env: lone,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(start, 'exit');
    try {
      let screen = '';
      start.stdout.on('data', (data: Buffer) => (screen += data.toString()));
      await eventually('the screen', () => screen.includes('registrar-manager is ready'), { timeoutMs: 60_000 });
      const conversation = await run(join(root, 'scripts/first-conversation.mjs'), [], { env: lone });
      expect(conversation).toMatchObject({ code: 0, stderr: '' });
      expect(conversation.stdout).toContain('event extension_deleted');
      expect(conversation.stdout).toContain('"password": "********"');
    } finally {
      start.kill('SIGTERM');
    }
    expect(await ended).toEqual([0, null]);
  });
});

describe('the grants of SECURITY.md', () => {
  const world = withWorld({ replicas: 0 });
  const login = `least_${freshId().slice(0, 8)}`;

  it('are enough for a service that changes no schema', async () => {
    const first = await world().startService();
    await first.stop();
    const { bin, asterisk } = world();
    await bin.run(`CREATE USER ${login}@'%' IDENTIFIED BY 'least'`);
    const grants = [...read('SECURITY.md').matchAll(/^GRANT .*?;$/gm)].map(([statement]) => statement);
    expect(grants.length).toBeGreaterThan(5);
    for (const grant of grants) {
      const own = grant.replace('bin_manager.', `${bin.name}.`).replace('asterisk.', `${asterisk.name}.`);
      await bin.run(own.replace("'registrar'@'%';", `${login}@'%'`));
    }
    const as = (dsn: string): string => dsn.replace(/^[^@]*@/, `${login}:least@`);
    const least = {
      DATABASE_DSN_BIN: as(bin.dsn()),
      DATABASE_DSN_ASTERISK: as(asterisk.dsn()),
      DATABASE_MIGRATE: 'verify',
    };
    const service = await world().startService(least);
    const { caller } = world();
    const data = createExtension(freshId());
    const { id } = extensionOf(await caller.post('/v1/extensions', data));
    extensionOf(await caller.put(`/v1/extensions/${id}`, { name: 'a', detail: 'b', password: 'an0ther' }));
    extensionOf(await caller.delete(`/v1/extensions/${id}`));
    const page = await fetch(`${service.httpAddress}/health/ready`);
    expect(await page.text()).not.toContain('"down"');
    await service.stop();
    await bin.run(`DROP USER ${login}@'%'`);
  });
});
