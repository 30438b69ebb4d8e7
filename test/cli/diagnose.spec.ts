import type { Finding } from '../../src/diagnosis/finding';
import { registeredContact } from '../factories/contact.factory';
import { createExtension } from '../factories/extension.factory';
import { storedLogin } from '../factories/stored-login.factory';
import { uuidToBinary } from '../support/database';
import { withWorld } from '../support/with-world';
import { BASE_DOMAIN_EXTENSION, freshId } from '../support/world';
import { control, onTerminal, operatorsOwn, result, type Ended } from './control';

interface Extension {
  readonly id: string;
  readonly customerId: string;
  readonly address: string;
}

interface Seen {
  readonly code: number | null;
  readonly findings: readonly Finding[];
  readonly faults: readonly string[];
  readonly output: string;
}

const CANARY = 'canary;of^41-diagnose';

// The service must not repair what a test damages.
const world = withWorld({ environment: { RECONCILE_INTERVAL_SECONDS: '0' } });
const environment = (): Record<string, string> => operatorsOwn(world().environment());
const run = (...args: string[]): Promise<Ended> => control(args, { environment: environment() });

async function create(customerId = freshId(), number = '2001'): Promise<Extension> {
  const request = createExtension(customerId, { extension: number, password: CANARY });
  const { data } = await world().caller.post('/v1/extensions', request);
  return { id: (data as { id: string }).id, customerId, address: `${number}@${customerId}.${BASE_DOMAIN_EXTENSION}` };
}

async function diagnose({ id }: Pick<Extension, 'id'>, change: Record<string, string> = {}): Promise<Seen> {
  const args = ['extension', 'diagnose', '--id', id];
  const { code, stdout, stderr } = await control(args, { environment: { ...environment(), ...change } });
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const faults = findings.filter(({ certainty }) => certainty !== 'hint');
  expect(code === 0).toBe(faults.length === 0);
  expect(stdout + stderr).not.toContain('canary');
  return { code, findings, faults: faults.map((finding) => finding.code), output: stdout + stderr };
}

/** Does what the findings say: commands and SQL, each once. */
async function follow(findings: readonly Finding[]): Promise<void> {
  for (const advice of new Set(findings.map((finding) => finding.advice))) {
    const [, sql] = /in the database asterisk: (.*);$/.exec(advice) ?? [];
    const [, command] = /^registrar-control ([^;(]*)/.exec(advice) ?? [];
    if (command === undefined) for (const statement of sql?.split('; ') ?? []) await world().asterisk.run(statement);
    if (command !== undefined) expect(await run(...command.trim().split(' '))).toMatchObject({ code: 0 });
  }
}

const ofAsterisk =
  (sql: string) =>
  ({ address }: Extension): Promise<void> =>
    world().asterisk.run(`${sql} WHERE id = ?`, [address]);
const ofBin =
  (sql: string) =>
  ({ id }: Extension): Promise<void> =>
    world().bin.run(`${sql} WHERE id = ?`, [uuidToBinary(id)]);

describe('what is well', () => {
  it('is green, by id and by number, on a terminal too', async () => {
    const extension = await create();
    await world().asterisk.insert('ps_contacts', registeredContact(extension.customerId, '2001'));
    expect(await diagnose(extension)).toMatchObject({ code: 0, findings: [] });
    const subject = ['--customer-id', extension.customerId, '--extension-number', '2001'];
    const shown = await onTerminal(['extension', 'diagnose', ...subject], environment(), 200);
    // oxlint-disable-next-line no-control-regex -- colours
    const screen = shown.screen.replace(/\u001b\[\d+m/g, '');
    expect(shown.code).toBe(0);
    expect(screen).toContain('nothing that is stored keeps a phone out');
    expect(screen).toMatch(new RegExp(`domain +${extension.customerId}.${BASE_DOMAIN_EXTENSION}`));
    expect(screen).toMatch(/registered +1 of at most 3/);
    expect(screen).toContain('sip:2001@203.0.113.9:5060;transport=udp, Softphone/1, via 203.0.113.9:5060');
    expect(screen).toContain('not asked (ASTERISK_AMI_ADDRESSES is not set)');
    expect(screen).not.toContain('canary');
  });

  it('shows what a phone says of itself on one line, without commands to the terminal', async () => {
    const extension = await create();
    const hostile = '\u001b[2J\u009b31m\r\nFAIL  record';
    const contact = registeredContact(extension.customerId, '2001', {
      user_agent: hostile,
      uri: `sip:a@b^0A${hostile}`,
    });
    await world().asterisk.insert('ps_contacts', contact);
    await ofAsterisk("UPDATE ps_endpoints SET media_encryption = 'sdes', rtp_engine = 'x\nFAIL\u001b[2J'")(extension);
    const shown = await onTerminal(['extension', 'diagnose', '--id', extension.id], environment(), 200);
    expect(shown.code).toBe(0);
    // oxlint-disable-next-line no-control-regex -- colours
    const screen = shown.screen.replace(/\u001b\[\d*m/g, '');
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(screen).not.toMatch(/\u001b|\u009b|^FAIL/m);
  });

  it('shows the password when it is asked for', async () => {
    const { id } = await create();
    const args = ['extension', 'diagnose', '--id', id, '--show-password'];
    expect(await result(args, { environment: environment() })).toMatchObject({ phone: { password: CANARY } });
  });
});

describe('the commands that it prints', () => {
  it('heal damaged rows', async () => {
    const extension = await create();
    await ofAsterisk("UPDATE ps_auths SET password = 'canary'")(extension);
    await ofBin("UPDATE registrar_sip_auths SET password = 'canary'")(extension);
    const { faults, findings } = await diagnose(extension);
    expect(faults).toEqual(['auth_password', 'account_password']);
    await follow(findings.slice(0, 2));
    expect((await diagnose(extension)).faults).toEqual([]);
  });

  it('heal a record without a password', async () => {
    const extension = await create();
    await ofBin("UPDATE registrar_extensions SET password = ''")(extension);
    const { faults, findings } = await diagnose(extension);
    expect(faults).toContain('empty_password');
    await follow(findings.slice(0, 1));
    expect((await diagnose(extension)).faults).toEqual([]);
  });

  it('drop an old list of contacts, and end registrations that fill every place', async () => {
    const extension = await create();
    const register = (id: string): Promise<void> =>
      world().asterisk.insert('ps_contacts', {
        ...registeredContact(extension.customerId, '2001', { id: `${extension.address}^3B@${id}` }),
      });
    await register('a');
    const list = { customer_id: extension.customerId, extension: '2001' };
    expect((await world().caller.get('/v1/contacts', list)).data).toHaveLength(1);
    await register('b');
    await ofAsterisk("UPDATE ps_aors SET max_contacts = 2, remove_existing = 'no'")(extension);
    const cached = await diagnose(extension);
    expect(cached.faults).toEqual(['full', 'contacts_cached']);
    await follow(cached.findings.slice(1, 2));
    expect((await world().caller.get('/v1/contacts', list)).data).toHaveLength(2);
    const full = await diagnose(extension);
    expect(full.faults).toEqual(['full']);
    await follow(full.findings.slice(0, 1));
    expect((await diagnose(extension)).faults).toEqual([]);
  });
});

describe('an extension that', () => {
  it('does not exist is an error', async () => {
    const subject = ['--customer-id', freshId(), '--extension-number', '2001'];
    const unknown = await run('extension', 'diagnose', ...subject);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('no such extension');
    expect(await run('extension', 'diagnose', '--id', freshId())).toMatchObject({ code: 1, stdout: '' });
    expect(await run('extension', 'diagnose', '--id', freshId(), ...subject)).toMatchObject({ code: 2 });
    expect(await run('extension', 'diagnose')).toMatchObject({ code: 2, stdout: '' });
  });

  it('was deleted is told, with the rows that let a phone in', async () => {
    const extension = await create();
    const rows = storedLogin(extension.customerId, '2001');
    await world().caller.delete(`/v1/extensions/${extension.id}`);
    expect((await diagnose(extension)).faults).toEqual(['deleted']);
    await world().asterisk.insert('ps_aors', rows.aor);
    await world().asterisk.insert('ps_endpoints', rows.endpoint);
    await world().bin.insert('registrar_sip_auths', { ...rows.sipAuth, id: uuidToBinary(extension.id) });
    const { faults, findings } = await diagnose(extension);
    expect(faults).toEqual(['deleted', 'login_left', 'account_left']);
    await follow(findings.slice(1));
    expect((await diagnose(extension)).faults).toEqual(['deleted']);
    const next = await create(extension.customerId);
    const [deleted] = (await diagnose(extension)).findings;
    expect(deleted?.advice).toContain(`registrar-control extension diagnose --id ${next.id}`);
  });

  it('shares its login with a newer one is told so, and the advice leaves it the login', async () => {
    await world().bin.run(
      'ALTER TABLE registrar_extensions DROP KEY uq_registrar_extensions_alive, DROP KEY uq_registrar_extensions_alive_username',
    );
    const newer = await create();
    const rows = storedLogin(newer.customerId, '2001');
    await world().bin.insert('registrar_extensions', { ...rows.extension, tm_create: '2020-01-01', password: CANARY });
    await world().bin.insert('registrar_sip_auths', rows.sipAuth);
    await run('reconcile');
    expect((await diagnose(newer)).findings.map(({ code }) => code)).toContain('shared_name');
    const { faults, findings } = await diagnose(rows);
    expect(faults).toContain('login_of_another');
    await follow(findings.filter(({ code }) => code === 'login_of_another'));
    expect((await diagnose(rows)).faults).toEqual([]);
    expect((await diagnose(newer)).faults).toEqual(['deleted']);
  });

  it('is below an earlier base domain is repaired, and told to keep its domain', async () => {
    const extension = await create();
    await ofAsterisk('DELETE FROM ps_aors')(extension);
    const change = { DOMAIN_NAME_EXTENSION: 'new.example.net' };
    const { findings } = await diagnose(extension, change);
    expect(findings.map(({ code }) => code)).toEqual(['aor_missing', 'earlier_domain', 'nobody_registered']);
    await result(['reconcile'], { environment: { ...environment(), ...change } });
    expect((await diagnose(extension, change)).faults).toEqual([]);
  });
});

describe('without', () => {
  const AWAY = 'nobody:canary@tcp(127.0.0.1:1)/asterisk';

  it('the database of Asterisk it says so, and what the other one knows', async () => {
    const extension = await create();
    await ofBin('DELETE FROM registrar_sip_auths')(extension);
    const seen = await diagnose(extension, { DATABASE_DSN_ASTERISK: AWAY });
    expect(seen).toMatchObject({ code: 3, faults: ['asterisk_unread', 'account_missing'] });
    expect(seen.findings[0]?.text).toContain('cannot be reached');
  });

  it('the bin database it ends with 3, and without the broker it works', async () => {
    const extension = await create();
    const args = ['extension', 'diagnose', '--id', extension.id];
    const without = { ...environment(), DATABASE_DSN_BIN: AWAY };
    expect(await control(args, { environment: without })).toMatchObject({ code: 3, stdout: '' });
    expect(await diagnose(extension, { RABBITMQ_ADDRESS: 'amqp://u:p@127.0.0.1:1' })).toMatchObject({ code: 0 });
  });

  it('an Asterisk at its AMI address it names the address and the reason', async () => {
    const extension = await create();
    const ami = { ASTERISK_AMI_ADDRESSES: '127.0.0.1:1', ASTERISK_AMI_USERNAME: 'u', ASTERISK_AMI_PASSWORD: 'canary' };
    const seen = await diagnose(extension, ami);
    expect(seen).toMatchObject({ code: 1, faults: ['node_failure'] });
    expect(seen.findings[0]?.text).toContain('Asterisk 127.0.0.1:1 was not asked: there is no connection');
    const shown = await onTerminal(['extension', 'diagnose', '--id', extension.id], { ...environment(), ...ami }, 200);
    expect(shown.code).toBe(1);
    expect(shown.screen).toMatch(/Asterisk 127\.0\.0\.1:1\S* +there is no connection/);
  });
});
