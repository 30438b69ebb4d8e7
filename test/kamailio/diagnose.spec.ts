import type { ExtensionReply } from '../../src/extension/extension.dto';
import { storedLogin } from '../factories/stored-login.factory';
import { Application } from '../support/application';
import { uuidToBinary } from '../support/database';
import { codesOf, createLogin, faultsOf, follow } from '../support/diagnosed';
import { Kamailio } from '../support/sip/kamailio';
import { Phones } from '../support/sip/phone';

let app: Application;
let kamailio: Kamailio;
const phones = new Phones();

beforeAll(async () => {
  app = await Application.open();
  kamailio = await Kamailio.start(app.bin);
});
afterEach(() => phones.hangUp());
afterAll(async () => {
  await kamailio.close();
  await app.close();
});

/** The status of the answer to a call of the extension's phone. */
async function call({ username, realm, password }: ExtensionReply): Promise<number> {
  const phone = await phones.connect(kamailio.port);
  return (await phone.invite(username, realm, { username, password })).status;
}

it.each([
  ['no row', 'DELETE FROM registrar_sip_auths', 'account_missing'],
  ['another password', "UPDATE registrar_sip_auths SET password = 'canary'", 'account_password'],
  ['no password', 'UPDATE registrar_sip_auths SET password = NULL', 'account_password'],
  ['an empty password', "UPDATE registrar_sip_auths SET password = ''", 'account_password'],
  ['another user name', "UPDATE registrar_sip_auths SET username = 'bob'", 'account_username'],
  ['another realm', "UPDATE registrar_sip_auths SET realm = 'elsewhere.example.org'", 'account_realm'],
  ['no auth type', "UPDATE registrar_sip_auths SET auth_types = '[]'", 'account_types'],
])('%s: the call is refused, diagnose says why, and reconcile lets it in', async (_, change, code) => {
  const login = await createLogin(app);
  expect(await call(login)).toBe(200);
  expect(await faultsOf(app.module, login)).toEqual([]);
  await app.bin.run(`${change} WHERE id = ?`, [uuidToBinary(login.id)]);
  expect(await call(login)).toBe(403);
  const faults = await faultsOf(app.module, login);
  expect(faults).toMatchObject([{ code, part: 'kamailio', certainty: 'certain' }]);
  await follow(app, faults);
  expect(await call(login)).toBe(200);
  expect(await faultsOf(app.module, login)).toEqual([]);
});

it.each([
  [0, 403, 'account_shadowed'],
  [255, 200, undefined],
])('of two rows of one user name the smaller id counts: %p', async (byte, status, code) => {
  const login = await createLogin(app);
  const { sipAuth } = storedLogin(login.customer_id, '2001');
  await app.bin.insert('registrar_sip_auths', { ...sipAuth, id: Buffer.alloc(16, byte), password: 'other' });
  expect(await call(login)).toBe(status);
  const faults = await faultsOf(app.module, login);
  expect(codesOf(faults)).toEqual(code === undefined ? [] : [code]);
  await follow(app, faults);
  expect(await call(login)).toBe(200);
  expect(await faultsOf(app.module, login)).toEqual([]);
});
