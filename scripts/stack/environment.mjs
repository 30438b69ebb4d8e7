// The addresses of a stack as the variables that the service reads.
import { databases } from './mariadb.mjs';

export const addressNames = ['DATABASE_DSN_BIN', 'DATABASE_DSN_ASTERISK', 'RABBITMQ_ADDRESS', 'REDIS_ADDRESS'];

/** For a service without billing-manager and direct-manager. The script that starts the service sets them. */
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
