// A stack's addresses as the variables the service reads.
import { databases } from './mariadb.mjs';

export const addressNames = ['DATABASE_DSN_BIN', 'DATABASE_DSN_ASTERISK', 'RABBITMQ_ADDRESS', 'REDIS_ADDRESS'];

/** A lone run has no billing-manager and no direct-manager to ask. Said by who starts one, never by a file that lies about. */
export const LONE_RUN = { RESOURCE_LIMIT_CHECK: 'off', DIRECT_HASH: 'off' };

export function environmentOf({ mariadb, redis, rabbitmq }) {
  const variables = {};
  if (mariadb) {
    const dsn = (database) => `${mariadb.user}:${mariadb.password}@tcp(${mariadb.host}:${mariadb.port})/${database}`;
    variables.DATABASE_DSN_BIN = dsn(databases[0]);
    variables.DATABASE_DSN_ASTERISK = dsn(databases[1]);
  }
  if (rabbitmq) {
    const login = `${rabbitmq.user}:${rabbitmq.password}@${rabbitmq.host}`;
    variables.RABBITMQ_ADDRESS = `amqp://${login}:${rabbitmq.port}`;
    variables.RABBITMQ_MANAGEMENT_ADDRESS = `http://${login}:${rabbitmq.managementPort}`;
  }
  if (redis) variables.REDIS_ADDRESS = `${redis.host}:${redis.port}`;
  return variables;
}
