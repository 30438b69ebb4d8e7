#!/usr/bin/env node
// Starts Asterisk and Kamailio with the files of docs/sip.md on the databases of the running service: a phone
// registers and calls. `--root DIR`: the programs run in a chroot in that folder.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { configuredEnvironment, givenAddresses } from './backing.mjs';
import { addresses, parseDsn, request } from './caller.mjs';
import { root } from './setup.mjs';
import { scenarioOf } from './sip-phone.mjs';

const { values: options } = parseArgs({ options: { root: { type: 'string', default: '/' } } });
const FOLDER = `/tmp/registrar-sip-check-${process.pid}`; // inside --root
const ASTERISK = '127.0.0.1:5070';
const KAMAILIO = '127.0.0.1:5080';
const say = (line) => process.stdout.write(`${line}\n`);
const inRoot = (name) => join(options.root, FOLDER, name);
const command = (words) => (options.root === '/' ? words : ['chroot', options.root, ...words]);

function run(words, { env = {}, timeout = 20_000 } = {}) {
  const [program, ...args] = command(words);
  const ended = spawnSync(program, args, { encoding: 'utf8', timeout, env: { ...process.env, ...env } });
  if (ended.error) throw ended.error;
  return { code: ended.status, output: `${ended.stdout}${ended.stderr}` };
}

function expect(what, isSo, seen = '') {
  if (!isSo) throw new Error(`${what}: no\n${seen}`);
  say(`ok    ${what}`);
}

/** Writes the files of docs/sip.md with the login and addresses of this run in place of the examples. */
function writeFiles({ bin, asterisk, password }) {
  const document = readFileSync(join(root, 'docs/sip.md'), 'utf8');
  const mine = {
    'odbc.ini': (text) =>
      text
        .replace(/^Port = .*/m, `Port = ${asterisk.port}`)
        .replace(/^Database = .*/m, `Database = ${asterisk.database}`)
        .replace('Password = secret', `Password = ${password}`),
    'kamailio.cfg': (text) =>
      text.replaceAll(
        'kamailio:secret@127.0.0.1:3306/bin_manager',
        `kamailio:${password}@127.0.0.1:${bin.port}/${bin.database}`,
      ),
  };
  for (const [, name, text] of document.matchAll(/<!-- file (\S+) -->\n+```\w*\n([\s\S]*?)```/g)) {
    writeFileSync(inRoot(name), mine[name]?.(text) ?? text);
  }
  const folders = ['run', 'db', 'log', 'spool', 'keys'].map((name) => `ast${name}dir => ${FOLDER}/${name}`);
  writeFileSync(inRoot('asterisk.conf'), ['[directories]', `astetcdir => ${FOLDER}`, ...folders, ''].join('\n'));
  for (const name of ['run', 'db', 'log', 'spool', 'keys']) mkdirSync(inRoot(name), { recursive: true });
  return /```sql\n(CREATE VIEW[\s\S]*?;)\n```/.exec(document)[1];
}

/** Creates the database logins with exactly the grants in docs/sip.md. */
async function makeLogins(admin, { bin, asterisk, password, view }) {
  await admin.query(`CREATE OR REPLACE ${view.slice('CREATE '.length)}`);
  for (const name of ['asterisk', 'kamailio']) {
    await admin.query(`CREATE OR REPLACE USER ${name}@'%' IDENTIFIED BY '${password}'`);
  }
  for (const table of ['ps_endpoints', 'ps_auths', 'ps_aors'])
    await admin.query(`GRANT SELECT ON ${asterisk.database}.${table} TO asterisk@'%'`);
  await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${asterisk.database}.ps_contacts TO asterisk@'%'`);
  for (const table of ['registrar_sip_auths', 'registrar_digest'])
    await admin.query(`GRANT SELECT ON ${bin.database}.${table} TO kamailio@'%'`);
}

function sip(name, to, method, domain, phone) {
  writeFileSync(inRoot(`${name}.xml`), scenarioOf(method, domain, phone));
  const words = ['sipp', to, '-sf', `${FOLDER}/${name}.xml`, '-m', '1', '-nostdin', '-i', '127.0.0.1', '-timeout', '5'];
  return run(words);
}

function start(words, env = {}) {
  const [program, ...args] = command(words);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return { child, output: () => output };
}

async function checkAsterisk({ extension, caller }) {
  const env = { ODBCINI: `${FOLDER}/odbc.ini`, ODBCSYSINI: FOLDER };
  const server = start(['asterisk', '-C', `${FOLDER}/asterisk.conf`, '-f', '-n'], env);
  const ask = (line) => run(['asterisk', '-C', `${FOLDER}/asterisk.conf`, '-rx', line]).output;
  try {
    for (let tries = 0; tries < 50 && !ask('core waitfullybooted').includes('fully booted'); tries += 1)
      await sleep(200);
    expect(
      'Asterisk connects by ODBC',
      /Number of active connections: [1-9]/.test(ask('odbc show all')),
      ask('odbc show all') + server.output(),
    );
    const endpoints = ask('pjsip show endpoints');
    expect('"pjsip show endpoints" has the extension', endpoints.includes(extension.endpoint_id), endpoints);
    const phone = { user: extension.username, password: extension.password, challenge: 401 };
    const wrong = sip('wrong', ASTERISK, 'REGISTER', extension.realm, { ...phone, password: 'wrong' });
    expect('a REGISTER with a wrong password is refused', wrong.code !== 0, wrong.output);
    const right = sip('register', ASTERISK, 'REGISTER', extension.realm, phone);
    expect('a REGISTER with the password is accepted', right.code === 0, right.output);
    const contacts = await caller('GET', '/v1/contacts', {
      customer_id: extension.customer_id,
      extension: extension.extension,
    });
    expect('GET /v1/contacts has the phone', contacts.data.length === 1, JSON.stringify(contacts));
  } finally {
    server.child.kill();
    ask('core stop now');
  }
}

async function checkKamailio({ extension, trunk }) {
  const syntax = run(['kamailio', '-c', '-f', `${FOLDER}/kamailio.cfg`]);
  expect('"kamailio -c" takes kamailio.cfg', syntax.code === 0, syntax.output);
  const server = start([
    'kamailio',
    '-f',
    `${FOLDER}/kamailio.cfg`,
    '-DD',
    '-E',
    '-P',
    `${FOLDER}/run/kamailio.pid`,
    '-Y',
    `${FOLDER}/run`,
  ]);
  try {
    await sleep(2_000);
    const phone = { user: extension.username, password: extension.password, challenge: 407 };
    const wrong = sip('wrong', KAMAILIO, 'INVITE', extension.realm, { ...phone, password: 'wrong' });
    expect('an INVITE with a wrong password is refused', wrong.code !== 0, wrong.output);
    const right = sip('invite', KAMAILIO, 'INVITE', extension.realm, phone);
    expect('an INVITE with the password is accepted', right.code === 0, right.output + server.output());
    const listed = sip('trunk', KAMAILIO, 'INVITE', trunk.realm, { user: 'anybody' });
    expect('an INVITE from an allowed address is accepted', listed.code === 0, listed.output + server.output());
  } finally {
    server.child.kill();
  }
}

async function main() {
  // The check creates and drops logins and a view, so it must not run on servers that others use.
  if (givenAddresses(configuredEnvironment(), () => {}))
    throw new Error('The check runs only on the servers of this clone: unset the address variables.');
  const environment = addresses();
  const [{ default: amqplib }, { default: mysql }] = await Promise.all([import('amqplib'), import('mysql2/promise')]);
  const broker = await amqplib.connect(environment.RABBITMQ_ADDRESS);
  const caller = (method, uri, data) => request(broker, method, uri, data);
  const [bin, asterisk] = [environment.DATABASE_DSN_BIN, environment.DATABASE_DSN_ASTERISK].map(parseDsn);
  const password = randomBytes(12).toString('hex');
  const admin = await mysql.createConnection(bin);
  const made = [];
  const create = async (kind, data) => {
    const { data: record, status_code: code } = await caller('POST', `/v1/${kind}`, data);
    expect(`POST /v1/${kind}`, code === 200, JSON.stringify(record));
    made.push(`/v1/${kind}/${record.id}`);
    return record;
  };
  try {
    for (const name of ['asterisk', 'kamailio'])
      say(`      ${run([name, name === 'asterisk' ? '-V' : '-v']).output.split('\n')[0]}`);
    mkdirSync(inRoot('.'), { recursive: true });
    const view = writeFiles({ bin, asterisk, password });
    await makeLogins(admin, { bin, asterisk, password, view });
    const customer_id = randomUUID();
    const extension = await create('extensions', { customer_id, extension: '2001', password: 'a;b^41-s3cr3t' });
    const domain_name = `d${customer_id.slice(0, 8)}`;
    const trunk = await create('trunks', {
      customer_id,
      domain_name,
      auth_types: ['ip'],
      allowed_ips: ['127.0.0.0/8'],
    });
    await checkAsterisk({ extension, caller });
    await checkKamailio({ extension, trunk });
  } finally {
    const cleanings = [
      ...made.map((uri) => () => caller('DELETE', uri)),
      () => admin.query("DROP USER IF EXISTS asterisk@'%', kamailio@'%'"),
      () => admin.query('DROP VIEW IF EXISTS registrar_digest'),
      () => rmSync(inRoot('.'), { recursive: true, force: true }),
      () => admin.end(),
      () => broker.close(),
    ];
    // Run each step even when another one fails.
    for (const clean of cleanings)
      await Promise.resolve()
        .then(clean)
        .catch((error) => say(error.message));
  }
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
