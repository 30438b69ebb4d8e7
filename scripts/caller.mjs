// For the scripts: the addresses of the running service, and a request as its callers send it.
import { join } from 'node:path';
import { configuredEnvironment, givenAddresses } from './backing.mjs';
import { root } from './setup.mjs';
import { environmentOf } from './stack/environment.mjs';
import { status } from './stack/lifecycle.mjs';

const QUEUE = 'bin-manager.registrar-manager.request';
const TIMEOUT_MS = 3_000; // as long as callers wait

/** The addresses of the running service: from the environment, or of this clone's own servers. */
export function addresses() {
  const given = givenAddresses(configuredEnvironment(), () => {});
  if (given) return given;
  const running = status(join(root, '.stack'));
  if (!running.mariadb?.alive || !running.rabbitmq?.alive)
    throw new Error('No servers are running: run "npm start" in another terminal, or set the address variables.');
  return environmentOf(running);
}

/** Splits user:password@tcp(host:port)/database?parameters as the Go driver does. */
export function parseDsn(dsn) {
  const slash = dsn.lastIndexOf('/');
  const at = dsn.lastIndexOf('@', slash);
  const login = at < 0 ? '' : dsn.slice(0, at);
  const colon = login.includes(':') ? login.indexOf(':') : login.length;
  const server = /^(?:(\w+)(?:\((.*)\))?)?$/.exec(dsn.slice(at + 1, slash));
  const [, protocol, address] = server ?? [];
  const [host = '127.0.0.1', port = '3306'] = address?.split(':') ?? [];
  return {
    user: login.slice(0, colon),
    password: login.slice(colon + 1),
    database: dsn.slice(slash + 1).split('?')[0],
    ...(protocol === 'unix' ? { socketPath: address } : { host, port: Number(port) }),
  };
}

export function within(promise, what) {
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const timeout = new Promise((_resolve, reject) => {
    late.addEventListener('abort', () => reject(new Error(`${what} within ${TIMEOUT_MS / 1000} s`)));
  });
  return Promise.race([promise, timeout]);
}

/** Sends a request on a new channel with a reply queue of its own, and so without a correlation id. */
export async function request(connection, method, uri, data) {
  const channel = await connection.createChannel();
  try {
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
    const reply = new Promise((resolve, reject) => {
      channel
        .consume(queue, (message) => message && resolve(JSON.parse(message.content.toString())), { noAck: true })
        .catch(reject);
    });
    const envelope = {
      uri,
      method,
      publisher: 'api-manager',
      data_type: 'application/json',
      ...(data ? { data } : {}),
    };
    channel.publish('', QUEUE, Buffer.from(JSON.stringify(envelope)), { contentType: 'text/plain', replyTo: queue });
    return await within(reply, 'no reply (is the service running?)');
  } finally {
    await channel.close();
  }
}
