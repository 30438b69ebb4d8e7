import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { ExtensionReply } from '../../src/extension/extension.dto';
import { Application } from '../support/application';
import { CANARY_PASSWORD, codesOf, createLogin, faultsOf, follow } from '../support/diagnosed';
import { Asterisk } from '../support/sip/asterisk';
import { Phone } from '../support/sip/phone';

/** What Asterisk needs to call a phone, besides what it needs to register one. */
const CALLING = [
  ...['res_timing_timerfd', 'res_rtp_asterisk', 'codec_ulaw', 'res_pjsip_sdp_rtp', 'app_echo', 'bridge_simple'],
  ...['res_pjsip_pubsub', 'func_pjsip_endpoint'],
  ...['chan_pjsip', 'res_clioriginate', 'res_srtp'],
].map((name) => `load=${name}.so`);

/** Asterisk refuses a call at once, so an INVITE that does not come is awaited for less time. */
const INVITE_MS = 10_000;
const NO_INVITE_MS = 2_000;

let app: Application;
let asterisk: Asterisk;
const sockets: Socket[] = [];

beforeAll(async () => {
  app = await Application.open();
  asterisk = await Asterisk.start(app.asterisk, { modules: CALLING });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
afterAll(async () => {
  await asterisk.close();
  await app.close();
});

async function listeningPhone(): Promise<Socket> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** The media lines of the INVITE that a registered phone gets; `undefined` when none comes. */
async function ring(login: ExtensionReply, waitMs = INVITE_MS): Promise<string[] | undefined> {
  const { extension, realm, username, endpoint_id: id } = login;
  const listening = await listeningPhone();
  const phone = await Phone.connect(asterisk.port);
  const contact = `sip:${extension}@127.0.0.1:${listening.address().port}`;
  const settings = { user: extension, domain: realm, username, password: CANARY_PASSWORD, contact };
  expect((await phone.register(settings)).status).toBe(200);
  await phone.close();
  const invited = once(listening, 'message', { signal: AbortSignal.timeout(waitMs) }).then(
    ([data]) => String(data),
    () => undefined,
  );
  await asterisk.cli(`channel originate PJSIP/${id} application Echo`);
  const invite = await invited;
  // The next phone of the extension is then the only one.
  await app.asterisk.run('DELETE FROM ps_contacts WHERE endpoint = ?', [id]);
  const lines = invite?.split('\r\n');
  if (lines !== undefined) expect(lines[0]).toMatch(/^INVITE sip:2001@/);
  return lines?.filter((line) => line.startsWith('m='));
}

const AUDIO = [expect.stringMatching(/^m=audio \d+ RTP\/AVP 0/) as string];

it('a phone is called, with media only if the endpoint has a codec', async () => {
  const login = await createLogin(app);
  expect(await ring(login)).toEqual([]);
  await app.asterisk.run("UPDATE ps_endpoints SET allow = 'ulaw' WHERE id = ?", [login.endpoint_id]);
  expect(await ring(login)).toEqual(AUDIO);
  expect(await faultsOf(app.module, login)).toEqual([]);
});

it.each([
  ['from_domain', "allow = 'ulaw', from_domain = 'x y'", undefined, AUDIO],
  ['outbound_proxy', "allow = 'ulaw', outbound_proxy = 'nonsense'", undefined, AUDIO],
  ['no_codec', "disallow = 'all'", [], AUDIO],
])('%s: the call fails, diagnose says why, and its SQL lets it through', async (code, change, damaged, healed) => {
  const login = await createLogin(app);
  await app.asterisk.run(`UPDATE ps_endpoints SET ${change} WHERE id = ?`, [login.endpoint_id]);
  expect(await ring(login, damaged === undefined ? NO_INVITE_MS : INVITE_MS)).toEqual(damaged);
  const faults = await faultsOf(app.module, login);
  expect(codesOf(faults)).toEqual([code]);
  await follow(app, faults);
  expect(await ring(login)).toEqual(healed);
  expect(await faultsOf(app.module, login)).toEqual([]);
});

it('a phone that must encrypt media is told to, which is a hint', async () => {
  const login = await createLogin(app);
  await app.asterisk.run("UPDATE ps_endpoints SET allow = 'ulaw', media_encryption = 'sdes' WHERE id = ?", [
    login.endpoint_id,
  ]);
  expect(await ring(login)).toEqual([expect.stringMatching(/^m=audio \d+ RTP\/SAVP 0/) as string]);
  expect(await faultsOf(app.module, login)).toEqual([]);
});
