import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import type { Config } from '../config/config';

const RECONNECT_MS = 500;
const KEEP_ALIVE_AFTER_MS = 10_000;

/** Nothing waits for Redis: no queue of commands while it is away, and a short patience while it is slow. */
export function redisOptions(config: Config): RedisOptions {
  return {
    host: config.redisHost,
    port: config.redisPort,
    db: config.redisDatabase,
    ...(config.redisUsername === '' ? {} : { username: config.redisUsername }),
    ...(config.redisPassword === '' ? {} : { password: config.redisPassword }),
    // Verified against the host of the address and the system's authorities (or NODE_EXTRA_CA_CERTS).
    ...(config.redisTls ? { tls: isIP(config.redisHost) === 0 ? { servername: config.redisHost } : {} } : {}),
    keepAlive: KEEP_ALIVE_AFTER_MS,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The library's own check writes to the console; the probe of the cache tells more. Without that check, what it
    // asks about the client would take a connection that has ended meanwhile for a ready one.
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: 1_000,
    disconnectTimeout: 100,
    commandTimeout: 300,
    // Each connection counts as a success for the library, also one whose login is refused: no growing delay.
    retryStrategy: () => RECONNECT_MS,
  };
}
