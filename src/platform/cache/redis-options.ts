import type { RedisOptions } from 'ioredis';
import type { Config } from '../config/config';

const RECONNECT_MAX_MS = 1_000;

/** Nothing waits for Redis: no queue of commands while it is away, and a short patience while it is slow. */
export function redisOptions(config: Config): RedisOptions {
  return {
    host: config.redisHost,
    port: config.redisPort,
    db: config.redisDatabase,
    ...(config.redisPassword === '' ? {} : { password: config.redisPassword }),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: 300,
    retryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_MAX_MS),
  };
}
