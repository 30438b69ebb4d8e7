import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import type { Config } from '../config/config';

const RECONNECT_MS = 500;
const KEEP_ALIVE_AFTER_MS = 10_000;

/** No request waits long for Redis: commands are not queued while it is away, and time out soon while it is slow. */
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
    // The library's ready check writes to the console; the cache's probe tells more. Without that check, the library's
    // client info would make a connection that has just ended look ready.
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: 1_000,
    disconnectTimeout: 100,
    commandTimeout: 300,
    // The library counts each connection as a success, also one whose login is refused: its delay would not grow.
    retryStrategy: () => RECONNECT_MS,
  };
}
