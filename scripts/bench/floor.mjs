// The process of the floors: servers of bare drivers that do the least that an operation needs, and answer with as
// many bytes as the service.
import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { createPool } from 'mysql2/promise';
import { answer } from './child.mjs';
import { placesOf, prepared } from './statements.cjs';

const FAILED = Buffer.from('{"status_code":500}');
let serial = 0;

/** Times of the database, with microseconds. */
function times() {
  const text = `${new Date().toISOString().slice(0, 23)}${String(serial % 1_000).padStart(3, '0')}`;
  return { 'time ': text.replace('T', ' '), timeT: text };
}

const SESSION = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';

function poolOn(mysql, database, connectionLimit) {
  const pool = createPool({ ...mysql, database, connectionLimit, dateStrings: true, jsonStrings: true });
  pool.pool.on('connection', (connection) => connection.query(SESSION));
  return pool;
}

/** The two BEGINs at once, the statements in their order, the commits in their order. */
async function inTransactions(connections, statements, own) {
  const send = ({ database, method, text, values }) => connections[database][method](text(own), values(own));
  await Promise.all(statements.filter(({ phase }) => phase === 'begin').map(send));
  for (const statement of statements.filter(({ phase }) => phase !== 'begin')) await send(statement);
}

/** Whom the n-th change of each kind is about. */
function subjectsOf({ changed }) {
  const created = [];
  return {
    create: () => {
      const subject = { id: randomUUID(), customer: changed.id, number: `5${String(++serial).padStart(8, '0')}` };
      created.push(subject);
      return subject;
    },
    update: () => changed.subjects[serial % changed.subjects.length],
    delete: () => created.shift(),
  };
}

function writer({ mysql, floorDatabases, poolSize, writes, changed }) {
  const [bin, asterisk] = floorDatabases.map((database) => poolOn(mysql, database, poolSize));
  const subjects = subjectsOf({ changed });
  const statements = Object.fromEntries(Object.entries(writes).map(([kind, write]) => [kind, prepared(write)]));
  return async (kind) => {
    const password = `pw${String(++serial).padStart(8, '0')}`;
    const own = { ...placesOf({ ...subjects[kind](), password }), ...times() };
    const connections = { bin: await bin.getConnection() };
    try {
      // The pools are used in one order: two requests that each hold what the other waits for would wait for ever.
      connections.asterisk = await asterisk.getConnection();
      await inTransactions(connections, statements[kind], own);
    } catch (error) {
      await Promise.all(Object.values(connections).map((connection) => connection.rollback()));
      throw error;
    } finally {
      for (const connection of Object.values(connections)) connection.release();
    }
  };
}

/** What each kind of floor does before it answers. */
function works({ redis, cachedKey, select, mysql, database, poolSize, ...rest }) {
  const cache = new Redis(redis);
  const pool = poolOn(mysql, database, poolSize);
  const write = writer({ mysql, poolSize, ...rest });
  return {
    echo: (reply) => () => reply,
    get: (reply, kind) => async () => {
      await cache.get(cachedKey[kind]);
      return reply;
    },
    select: (reply) => {
      const data = JSON.parse(reply.toString());
      return async () => {
        await pool[select.method](select.text, select.values);
        return Buffer.from(JSON.stringify(data));
      };
    },
    write: (reply, kind) => async () => {
      await write(kind);
      return reply;
    },
  };
}

async function serve(channel, queue, work) {
  await channel.assertQueue(queue, { durable: true });
  await channel.consume(queue, async (message) => {
    const { replyTo, correlationId } = message.properties;
    const reply = await work().catch((error) => {
      process.stderr.write(`${queue}: ${error.message}\n`);
      return FAILED;
    });
    channel.sendToQueue(replyTo, reply, { contentType: 'text/plain', correlationId });
    channel.ack(message);
  });
}

answer({
  /** Serves the queues: their names, the kind of floor, the kind of request and the reply. */
  async open({ address, prefetch, queues, ...servers }) {
    const connection = await connect(address, { noDelay: true });
    const channel = await connection.createChannel();
    await channel.prefetch(prefetch);
    const make = works(servers);
    for (const { queue, floor, kind, reply } of queues) {
      const work = make[floor](Buffer.from(reply), kind);
      await serve(channel, queue, async () => work());
    }
  },
});
