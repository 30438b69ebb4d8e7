// What each operation is measured against, and the process that does it.
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { databases } from '../stack/mariadb.mjs';
import { REQUEST_QUEUE } from './callers.mjs';
import { Child } from './child.mjs';
import { databaseOptions } from './contacts.mjs';
import { FLOOR_DATABASES, makeFloorDatabases } from './floor-databases.mjs';

/** As the service's defaults, RPC_CONCURRENCY and DATABASE_POOL_SIZE. */
const PREFETCH = 256;
const POOL_SIZE = 16;

/** The floor of each kind of request. */
export const FLOOR_OF = {
  get: 'get',
  contacts: 'get',
  list: 'select',
  update: 'write',
  create: 'write',
  delete: 'write',
};
const KINDS = Object.keys(FLOOR_OF);

/** The queue for each kind of request, by who answers. */
export const QUEUES = {
  service: Object.fromEntries(KINDS.map((kind) => [kind, REQUEST_QUEUE])),
  echo: Object.fromEntries(KINDS.map((kind) => [kind, `bench.echo.${kind}`])),
  floor: Object.fromEntries(KINDS.map((kind) => [kind, `bench.${FLOOR_OF[kind]}.${kind}`])),
};

const floorQueues = (replies) =>
  KINDS.flatMap((kind) => [
    { queue: QUEUES.echo[kind], floor: 'echo', kind, reply: replies[kind] },
    { queue: QUEUES.floor[kind], floor: FLOOR_OF[kind], kind, reply: replies[kind] },
  ]);

/** Stores for get and contacts a value as long as the one that the service has cached. */
async function cacheValues({ host, port }, replies) {
  const redis = new Redis({ host, port });
  const cachedKey = {};
  for (const kind of ['get', 'contacts']) {
    cachedKey[kind] = `bench:${kind}`;
    await redis.set(cachedKey[kind], JSON.stringify(JSON.parse(Buffer.from(replies[kind]).toString()).data));
  }
  await redis.quit();
  return cachedKey;
}

/** Starts the process of the floors on the virtual host of the service. */
export async function startFloors({ status, address, replies, statements, customers: { changed } }) {
  const { select, ...writes } = statements;
  const copies = await makeFloorDatabases(status);
  const child = new Child(fileURLToPath(new URL('floor.mjs', import.meta.url)));
  const subjects = changed.made.map(({ id, extension }) => ({ id, customer: changed.id, number: extension }));
  const { host, port } = status.redis;
  await child.ask('open', {
    address,
    prefetch: PREFETCH,
    queues: floorQueues(replies),
    redis: { host, port },
    cachedKey: await cacheValues(status.redis, replies),
    select,
    mysql: databaseOptions(status),
    database: databases[0],
    floorDatabases: FLOOR_DATABASES,
    poolSize: POOL_SIZE,
    writes,
    changed: { id: changed.id, subjects },
  });
  const end = async () => {
    await child.end();
    await copies.close();
  };
  return { pid: child.pid, emptyOutbox: copies.emptyOutbox, end };
}
