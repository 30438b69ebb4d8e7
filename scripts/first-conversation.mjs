#!/usr/bin/env node
// A first conversation: creates an extension as callers do, shows the reply, rows and event, and deletes it again.
import { randomBytes, randomUUID } from 'node:crypto';
import { addresses, parseDsn, request, within } from './caller.mjs';

const EVENTS = 'bin-manager.registrar-manager.event';

const print = (title, value) => process.stdout.write(`\n${title}\n${masked(value)}\n`);
const masked = (value) => JSON.stringify(value, (key, inner) => (key === 'password' && inner ? '********' : inner), 2);

async function listen(connection) {
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
  await channel.assertExchange(EVENTS, 'fanout', { durable: true });
  await channel.bindQueue(queue, EVENTS, '');
  const seen = [];
  const waiting = new Set();
  await channel.consume(
    queue,
    (message) => {
      seen.push(JSON.parse(message.content.toString()));
      waiting.forEach((look) => look());
    },
    { noAck: true },
  );
  return (type, id) =>
    within(
      new Promise((resolve) => {
        const look = () => {
          const event = seen.find((one) => one.type === type && one.data?.id === id);
          if (event) resolve(event);
        };
        waiting.add(look);
        look();
      }),
      `no event ${type}`,
    );
}

const asBinary = (uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex');

const readable = (cell) =>
  Buffer.isBuffer(cell) ? cell.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : cell;

async function rows(mysql, dsn, queries) {
  const connection = await mysql.createConnection({ ...parseDsn(dsn), dateStrings: true });
  try {
    const found = {};
    for (const [table, id] of queries) {
      const [result] = await connection.query(`select * from ${table} where id = ?`, [id]);
      // Asterisk's tables have many columns, and most are NULL.
      const shown = (row) =>
        Object.entries(row).flatMap(([name, cell]) => (cell === null ? [] : [[name, readable(cell)]]));
      found[table] = result.map((row) => Object.fromEntries(shown(row)));
    }
    return found;
  } finally {
    await connection.end();
  }
}

async function converse({ amqplib, mysql, environment }) {
  const connection = await amqplib.connect(environment.RABBITMQ_ADDRESS, { noDelay: true });
  try {
    const nextEvent = await listen(connection);
    const customerId = randomUUID();
    const data = {
      customer_id: customerId,
      extension: '2001',
      password: randomBytes(12).toString('base64url'),
      domain_id: '00000000-0000-0000-0000-000000000000',
      name: 'front desk',
      detail: 'lobby phone',
    };
    print('POST /v1/extensions', data);
    const created = await request(connection, 'POST', '/v1/extensions', data);
    print('reply', created);
    if (created.status_code !== 200) throw new Error(`The service refused it with status ${created.status_code}.`);
    const { id, endpoint_id: endpoint, aor_id: aor, auth_id: auth } = created.data;
    const inBin = ['registrar_extensions', 'registrar_sip_auths'].map((table) => [table, asBinary(id)]);
    print('rows in the records database', await rows(mysql, environment.DATABASE_DSN_BIN, inBin));
    const inAsterisk = Object.entries({ ps_endpoints: endpoint, ps_aors: aor, ps_auths: auth });
    print("rows in Asterisk's database", await rows(mysql, environment.DATABASE_DSN_ASTERISK, inAsterisk));
    print(`event on ${EVENTS}`, await nextEvent('extension_created', id));
    const deleted = await request(connection, 'DELETE', `/v1/extensions/${id}`);
    const { type } = await nextEvent('extension_deleted', id);
    process.stdout.write(`\nDELETE /v1/extensions/${id}: status ${deleted.status_code}, event ${type}\n`);
    if (deleted.status_code !== 200) throw new Error('The extension could not be deleted again.');
  } finally {
    await connection.close();
  }
}

try {
  const environment = addresses();
  const [{ default: amqplib }, { default: mysql }] = await Promise.all([import('amqplib'), import('mysql2/promise')]);
  await converse({ amqplib, mysql, environment });
} catch (error) {
  const hint =
    error.code === 'ERR_MODULE_NOT_FOUND'
      ? 'The dependencies are missing: run "npm start" or "npm ci" first.'
      : error.message;
  process.stderr.write(`${hint}\n`);
  process.exitCode = 1;
}
