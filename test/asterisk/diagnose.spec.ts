import type { TestingModule } from '@nestjs/testing';
import type { ExtensionReply } from '../../src/extension/extension.dto';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { Application } from '../support/application';
import { CANARY_PASSWORD, codesOf, createLogin, faultsOf, follow } from '../support/diagnosed';
import { Asterisk } from '../support/sip/asterisk';
import { AMI, startCachingAsterisk, type CachingAsterisk } from '../support/sip/caching-asterisk';
import { Phones } from '../support/sip/phone';

const EVERYBODY = '0.0.0.0/0';

let app: Application;
let plain: Asterisk;
const phones = new Phones();

beforeAll(async () => {
  app = await Application.open();
  plain = await Asterisk.start(app.asterisk);
});
afterEach(() => phones.hangUp());
afterAll(async () => {
  await plain.close();
  await app.close();
});

/** The status of the answer to a new phone. */
async function register(login: ExtensionReply, password = CANARY_PASSWORD, { port } = plain): Promise<number> {
  const phone = await phones.connect(port);
  const { extension: user, realm: domain, username } = login;
  return (await phone.register({ user, domain, username, password })).status;
}

const DAMAGES: readonly (readonly [what: string, change: string, status: number, code: string])[] = [
  ['no endpoint', 'DELETE FROM ps_endpoints', 401, 'endpoint_missing'],
  ['no auth', 'DELETE FROM ps_auths', 500, 'auth_missing'],
  ['no AOR', 'DELETE FROM ps_aors', 404, 'aor_missing'],
  ['another password', "UPDATE ps_auths SET password = 'canary'", 401, 'auth_password'],
  ['a password that is not encoded', `UPDATE ps_auths SET password = '${CANARY_PASSWORD}'`, 401, 'auth_password'],
  ['no password', 'UPDATE ps_auths SET password = NULL', 500, 'auth_password'],
  ['another user name', "UPDATE ps_auths SET username = 'bob'", 401, 'auth_username'],
  ['no user name', 'UPDATE ps_auths SET username = NULL', 500, 'auth_username'],
  ['another kind of auth', "UPDATE ps_auths SET auth_type = 'google_oauth'", 500, 'auth_type'],
  ['an older digest', "UPDATE ps_auths SET md5_cred = md5('canary')", 401, 'auth_digest'],
  ['another older digest', "UPDATE ps_auths SET password_digest = concat('MD5:', md5('canary'))", 401, 'auth_digest'],
  ['an unreadable digest', "UPDATE ps_auths SET password_digest = 'canary'", 500, 'auth_digest'],
  ['a negative nonce_lifetime', 'UPDATE ps_auths SET nonce_lifetime = -1', 500, 'nonce_lifetime'],
  ['the AOR of another', "UPDATE ps_endpoints SET aors = 'x@y'", 404, 'endpoint_aors'],
  ['no AOR in the endpoint', 'UPDATE ps_endpoints SET aors = NULL', 403, 'endpoint_aors'],
  ['the auth of another', "UPDATE ps_endpoints SET auth = 'x@y'", 500, 'endpoint_auth'],
  ['identify_by without username', "UPDATE ps_endpoints SET identify_by = 'ip'", 401, 'identify_by'],
  ['deny', `UPDATE ps_endpoints SET deny = '${EVERYBODY}'`, 401, 'denied'],
  ['deny, in a list', `UPDATE ps_endpoints SET deny = '192.0.2.1; ${EVERYBODY}', permit = ' '`, 401, 'denied'],
  ['contact_deny', `UPDATE ps_endpoints SET contact_deny = '${EVERYBODY}'`, 401, 'denied'],
  ['set_var without =', "UPDATE ps_endpoints SET set_var = 'canary'", 401, 'set_var'],
  ['one set_var without =', "UPDATE ps_endpoints SET set_var = 'A=b;canary'", 401, 'set_var'],
  ['max_contacts 0', 'UPDATE ps_aors SET max_contacts = 0', 403, 'max_contacts'],
  ['max_contacts NULL', 'UPDATE ps_aors SET max_contacts = NULL', 403, 'max_contacts'],
  ...['default_expiration = -1', 'minimum_expiration = -1', 'maximum_expiration = -1', 'qualify_frequency = 86401'].map(
    (change) => [change, `UPDATE ps_aors SET ${change}`, 404, change.split(' ')[0] ?? ''] as const,
  ),
  ['a contact that is no address', "UPDATE ps_aors SET contact = 'nonsense'", 404, 'static_contact'],
  ['a contact with ;', "UPDATE ps_aors SET contact = 'sip:a@127.0.0.1;transport=tcp'", 404, 'static_contact'],
];

/** What operators may write, as Asterisk reads it. */
const TUNED = [
  "ps_endpoints SET from_domain = ' pbx.example.org ', set_var = 'A^3Db; C=d'",
  "ps_endpoints SET acl = ' ', identify_by = ' ', set_var = ' '",
  `ps_endpoints SET deny = '${EVERYBODY},!127.0.0.0/8'`,
  "ps_endpoints SET outbound_proxy = ' sip:127.0.0.1^3Blr'",
  "ps_aors SET contact = '<sip:a@127.0.0.1^3Btransport=udp>'",
];

it('a phone gets in, and nothing is at fault', async () => {
  const login = await createLogin(app);
  expect(await register(login)).toBe(200);
  expect(await faultsOf(app.module, login)).toEqual([]);
});

it.each(TUNED)('a phone gets in, and nothing is at fault, with %s', async (change) => {
  const login = await createLogin(app);
  await app.asterisk.run(`UPDATE ${change} WHERE id = ?`, [login.endpoint_id]);
  expect(await register(login)).toBe(200);
  expect(await faultsOf(app.module, login)).toEqual([]);
});

describe('a phone that is set up wrongly', () => {
  /** The realm of the challenge, and the status in the end. */
  const answers = async (user: string, domain: string, username = user): Promise<readonly [string, number]> => {
    const phone = await phones.connect(plain.port);
    const aor = `sip:${user}@${domain}`;
    const headers = [`Contact: <sip:${user}@${phone.address}>`, 'Expires: 60'];
    const first = await phone.ask({ method: 'REGISTER', uri: `sip:${domain}`, from: aor, to: aor, headers });
    const [, realm = ''] = /realm="([^"]*)"/.exec(first.header('WWW-Authenticate').join()) ?? [];
    return [realm, (await phone.register({ user, domain, username, password: CANARY_PASSWORD })).status];
  };

  it('gets the answers that docs/operations.md explains', async () => {
    const { realm } = await createLogin(app, 'desk');
    expect(await answers('desk', realm)).toEqual([realm, 200]);
    expect(await answers('desk', '127.0.0.1')).toEqual(['asterisk', 401]);
    expect(await answers('another', realm)).toEqual(['asterisk', 401]);
    expect(await answers('desk', realm, 'another')).toEqual([realm, 401]);
    expect(await answers('DESK', realm, 'desk')).toEqual([realm, 404]);
    expect(await answers('desk', realm.toUpperCase())).toEqual([realm, 404]);
  });
});

describe('damage that keeps a phone out', () => {
  type Seen = readonly [damaged: number, codes: string[], healed: number, left: string[]];
  const seen = new Map<string, Seen>();

  beforeAll(async () => {
    const logins: ExtensionReply[] = [];
    for (const [, change] of DAMAGES) {
      const login = await createLogin(app);
      logins.push(login);
      await app.asterisk.run(`${change} WHERE id = ?`, [login.endpoint_id]);
    }
    const damaged = await Promise.all(logins.map((login) => register(login)));
    const faults = await Promise.all(logins.map((login) => faultsOf(app.module, login)));
    await follow(app, faults.flat());
    const healed = await Promise.all(logins.map((login) => register(login)));
    const left = await Promise.all(logins.map((login) => faultsOf(app.module, login)));
    DAMAGES.forEach(([what], at) =>
      seen.set(what, [damaged[at] ?? 0, codesOf(faults[at] ?? []), healed[at] ?? 0, codesOf(left[at] ?? [])]),
    );
  });

  it.each(DAMAGES)('%s is named, and what it says lets the phone in', (what, _, status, code) => {
    expect(seen.get(what)).toEqual([status, [code], 200, []]);
  });
});

describe('damage that only some notice', () => {
  const damage = async (change: string): Promise<ExtensionReply> => {
    const login = await createLogin(app);
    await app.asterisk.run(`${change} WHERE id = ?`, [login.endpoint_id]);
    return login;
  };

  it('an endpoint without auth lets everybody in', async () => {
    const login = await damage('UPDATE ps_endpoints SET auth = NULL');
    expect(await register(login, 'wrong')).toBe(200);
    const faults = await faultsOf(app.module, login);
    expect(faults).toMatchObject([{ code: 'endpoint_open', certainty: 'certain' }]);
    await follow(app, faults);
    expect([await register(login, 'wrong'), await register(login)]).toEqual([401, 200]);
    expect(await faultsOf(app.module, login)).toEqual([]);
  });

  it('a full AOR refuses one phone more', async () => {
    const login = await damage("UPDATE ps_aors SET max_contacts = 1, remove_existing = 'no'");
    expect([await register(login), await register(login)]).toEqual([200, 403]);
    const faults = await faultsOf(app.module, login);
    expect(faults).toMatchObject([{ code: 'full', certainty: 'likely' }]);
    await follow(app, faults);
    expect(await register(login)).toBe(200);
    expect(await faultsOf(app.module, login)).toEqual([]);
  });

  it('an AOR that keeps no registration takes every phone', async () => {
    const login = await damage('UPDATE ps_aors SET maximum_expiration = 0');
    expect(await register(login)).toBe(200);
    expect(await app.asterisk.count('ps_contacts', 'endpoint = ?', [login.endpoint_id])).toBe(0);
    const faults = await faultsOf(app.module, login);
    expect(faults).toMatchObject([{ code: 'maximum_expiration', certainty: 'certain' }]);
    await follow(app, faults);
    expect(await register(login)).toBe(200);
    expect(await app.asterisk.count('ps_contacts', 'endpoint = ?', [login.endpoint_id])).toBe(1);
  });

  it('a challenge without MD5 stops a phone that knows only MD5', async () => {
    const login = await damage("UPDATE ps_auths SET supported_algorithms_uas = 'SHA-256'");
    await expect(register(login)).rejects.toThrow('no MD5');
    const faults = await faultsOf(app.module, login);
    expect(faults).toMatchObject([{ code: 'no_md5', certainty: 'likely' }]);
    await follow(app, faults);
    expect(await register(login)).toBe(200);
  });

  it('an auth of blanks lets everybody in, too', async () => {
    const login = await damage("UPDATE ps_endpoints SET auth = ' '");
    expect(await register(login, 'wrong')).toBe(200);
    expect(await faultsOf(app.module, login)).toMatchObject([{ code: 'endpoint_open' }]);
  });

  it('names of others beside its own let the phone in, and are only likely', async () => {
    const other = await createLogin(app);
    const login = await damage(
      `UPDATE ps_endpoints SET auth = concat(id, ', ${other.endpoint_id}'), aors = concat('x@y, ', id)`,
    );
    expect(await register(login)).toBe(200);
    const faults = await faultsOf(app.module, login);
    expect(faults).toMatchObject([
      { code: 'endpoint_aors', certainty: 'likely' },
      { code: 'endpoint_auth', certainty: 'likely' },
    ]);
    await follow(app, faults);
    expect(await faultsOf(app.module, login)).toEqual([]);
  });

  it('rows that differ and let the phone in all the same are only likely', async () => {
    const login = await damage("UPDATE ps_auths SET realm = 'elsewhere', auth_type = NULL");
    expect(await register(login)).toBe(200);
    const faults = await faultsOf(app.module, login);
    expect(faults.map(({ code, certainty }) => `${certainty} ${code}`)).toEqual([
      'likely auth_type',
      'likely auth_realm',
    ]);
    await follow(app, faults);
    expect(await faultsOf(app.module, login)).toEqual([]);
  });
});

describe('asked by AMI', () => {
  let caching: CachingAsterisk;
  let asking: TestingModule;
  const address = (): string => `127.0.0.1:${caching.amiPort}`;
  const forget = async (advice: string): Promise<void> => {
    const [, command] = /^on that machine: asterisk -rx '(.*)'$/.exec(advice) ?? [];
    if (command === undefined) throw new Error(`the advice is no command of Asterisk: ${advice}`);
    await caching.asterisk.cli(command);
  };

  beforeAll(async () => {
    caching = await startCachingAsterisk(app.asterisk);
    asking = await app.start(false, {
      ASTERISK_AMI_ADDRESSES: address(),
      ASTERISK_AMI_USERNAME: AMI.username,
      ASTERISK_AMI_PASSWORD: AMI.password,
    });
  });
  afterAll(() => caching.asterisk.close());

  it('knows the extension', async () => {
    const login = await createLogin(app);
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(200);
    expect(await faultsOf(asking, login)).toEqual([]);
  });

  it.each([
    ['auth', "UPDATE ps_auths SET password = 'canary'", 401],
    ['auth', "UPDATE ps_auths SET md5_cred = md5('canary')", 401],
    ['auth', "UPDATE ps_auths SET password_digest = concat('MD5:', md5('canary'))", 401],
    ['aor', 'UPDATE ps_aors SET max_contacts = 0', 403],
    ['endpoint', "UPDATE ps_endpoints SET auth = 'x@y'", 500],
    ['endpoint', "UPDATE ps_endpoints SET aors = 'x@y'", 404],
    ['endpoint', 'UPDATE ps_endpoints SET aors = NULL', 403],
  ])('holds an old copy of the %s, and takes the row when it forgets it', async (part, change, refusal) => {
    const login = await createLogin(app);
    await app.asterisk.run(`${change} WHERE id = ?`, [login.endpoint_id]);
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(refusal);
    // Repaired by a service that tells Asterisk nothing.
    await follow(app, await faultsOf(app.module, login));
    expect(await faultsOf(app.module, login)).toEqual([]);
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(refusal);
    const [fault, ...others] = await faultsOf(asking, login);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ code: 'node_copy', part: 'asterisk' });
    expect(fault?.advice).toContain(`res_pjsip/${part}`);
    await forget(fault?.advice ?? '');
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(200);
    expect(await faultsOf(asking, login)).toEqual([]);
  });

  it('holds an old copy of an open endpoint, which lets everybody in', async () => {
    const login = await createLogin(app);
    await app.asterisk.run('UPDATE ps_endpoints SET auth = NULL WHERE id = ?', [login.endpoint_id]);
    expect(await register(login, 'wrong', caching.asterisk)).toBe(200);
    await follow(app, await faultsOf(app.module, login));
    const faults = await faultsOf(asking, login);
    expect(faults).toMatchObject([{ code: 'node_copy', certainty: 'certain' }]);
    expect(faults[0]?.text).toContain('lets everybody register');
    await forget(faults[0]?.advice ?? '');
    expect(await register(login, 'wrong', caching.asterisk)).toBe(401);
    expect(await faultsOf(asking, login)).toEqual([]);
  });

  it('refuses a row for a reason that only its log tells', async () => {
    const login = await createLogin(app);
    await app.asterisk.run("UPDATE ps_endpoints SET allow = 'nonsense' WHERE id = ?", [login.endpoint_id]);
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(401);
    expect(await faultsOf(app.module, login)).toEqual([]);
    expect(await faultsOf(asking, login)).toMatchObject([{ code: 'node_endpoint', certainty: 'certain' }]);
  });

  it('still holds a deleted extension', async () => {
    const login = await createLogin(app);
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(200);
    await app.module.get(ExtensionWriter, { strict: false }).delete(login.id);
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(200);
    const faults = await faultsOf(asking, login);
    expect(faults.map(({ code }) => code)).toContain('node_copy');
    await forget(faults.find(({ code }) => code === 'node_copy')?.advice ?? '');
    expect(await register(login, CANARY_PASSWORD, caching.asterisk)).toBe(401);
  });

  it('does not answer', async () => {
    const login = await createLogin(app);
    const silent = await app.start(false, {
      ASTERISK_AMI_ADDRESSES: '127.0.0.1:1',
      ASTERISK_AMI_USERNAME: AMI.username,
      ASTERISK_AMI_PASSWORD: AMI.password,
    });
    expect(await faultsOf(silent, login)).toMatchObject([{ code: 'node_failure', certainty: 'likely' }]);
  });
});
