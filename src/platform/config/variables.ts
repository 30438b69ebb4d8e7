import { endpointDefaults } from './endpoint-defaults';
import { parameterProblem, parseDsn } from '../database/source/dsn';
import {
  amqpUrl,
  anyText,
  domainName,
  dsn,
  hostPorts,
  integer,
  listenAddress,
  maskCredentials,
  oneOf,
  oneLine,
  onOff,
  redisAddress,
  redisDatabaseNumber,
  type Rule,
  urlPath,
} from './rules';

/** One variable. Its flag is `env` in lower case; without `fallback` the variable is required. */
interface Variable<T> extends Rule<T> {
  readonly env: string;
  readonly fallback?: string;
  readonly meaning: string;
  readonly mask?: (value: string) => string;
}

const secret = (value: string): string => (value === '' ? '' : '[REDACTED]');

/** Every variable of the service, under its name in the code. */
export const VARIABLES = {
  databaseDsnBin: {
    env: 'DATABASE_DSN_BIN',
    ...dsn(parseDsn, parameterProblem),
    mask: maskCredentials,
    meaning: 'The database of records (registrar_*).',
  },
  databaseDsnAsterisk: {
    env: 'DATABASE_DSN_ASTERISK',
    ...dsn(parseDsn, parameterProblem),
    mask: maskCredentials,
    meaning: 'The database Asterisk reads (ps_*).',
  },
  rabbitmqAddress: {
    env: 'RABBITMQ_ADDRESS',
    ...amqpUrl,
    mask: maskCredentials,
    meaning: 'The RabbitMQ broker.',
  },
  redisAddress: {
    env: 'REDIS_ADDRESS',
    ...redisAddress,
    mask: maskCredentials,
    meaning: 'The Redis server of the cache; rediss for TLS.',
  },
  redisUsername: {
    env: 'REDIS_USERNAME',
    ...anyText,
    fallback: '',
    meaning: "The Redis user; empty for the server's default user.",
  },
  redisPassword: {
    env: 'REDIS_PASSWORD',
    ...anyText,
    fallback: '',
    mask: secret,
    meaning: 'The Redis password; empty for none.',
  },
  redisDatabase: { env: 'REDIS_DATABASE', ...redisDatabaseNumber, fallback: '0', meaning: 'The Redis database.' },
  prometheusEndpoint: {
    env: 'PROMETHEUS_ENDPOINT',
    ...urlPath,
    fallback: '/metrics',
    meaning: 'The path the metrics are served at.',
  },
  prometheusListenAddress: {
    env: 'PROMETHEUS_LISTEN_ADDRESS',
    ...listenAddress,
    fallback: ':2112',
    meaning: 'Where metrics and health are served; without a host on every interface.',
  },
  domainNameExtension: {
    env: 'DOMAIN_NAME_EXTENSION',
    ...domainName,
    meaning: 'Base domain of extensions: a customer registers at <customer id>.<this>.',
  },
  domainNameTrunk: {
    env: 'DOMAIN_NAME_TRUNK',
    ...domainName,
    meaning: 'Base domain of trunks: a carrier calls <domain name>.<this>.',
  },
  asteriskAmiAddresses: {
    env: 'ASTERISK_AMI_ADDRESSES',
    ...hostPorts,
    fallback: '',
    meaning: 'The managers (AMI) of all Asterisk nodes that cache logins; empty: the service tells none.',
  },
  asteriskAmiUsername: {
    env: 'ASTERISK_AMI_USERNAME',
    ...oneLine,
    fallback: '',
    meaning: 'The user in manager.conf of every node; it needs write = system.',
  },
  asteriskAmiPassword: {
    env: 'ASTERISK_AMI_PASSWORD',
    ...oneLine,
    fallback: '',
    mask: secret,
    meaning: 'The secret of this user.',
  },
  resourceLimitCheck: {
    env: 'RESOURCE_LIMIT_CHECK',
    ...onOff,
    fallback: 'on',
    meaning: 'Ask billing-manager before a create; off for a lone local run.',
  },
  directHash: {
    env: 'DIRECT_HASH',
    ...onOff,
    fallback: 'on',
    meaning: 'Let direct-manager mint a direct hash for each extension; off for a lone local run.',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    ...oneOf('debug', 'info', 'warning', 'error'),
    fallback: 'info',
    meaning: 'The least severity that is logged.',
  },
  databaseMigrate: {
    env: 'DATABASE_MIGRATE',
    ...oneOf('auto', 'verify'),
    fallback: 'auto',
    meaning: 'Bring both schemas up to date at start, or stop and print the SQL to run.',
  },
  asteriskEndpointDefaults: {
    env: 'ASTERISK_ENDPOINT_DEFAULTS',
    ...endpointDefaults,
    fallback: '',
    meaning: 'Columns of the Asterisk rows of new extensions; rows that exist stay as they are.',
  },
  contactsOnPasswordChange: {
    env: 'CONTACTS_ON_PASSWORD_CHANGE',
    ...oneOf('flush', 'keep'),
    fallback: 'flush',
    meaning: 'Whether a changed password ends the present registrations.',
  },
  reconcileIntervalSeconds: {
    env: 'RECONCILE_INTERVAL_SECONDS',
    ...integer(0, 86_400),
    fallback: '600',
    meaning: 'Time between two comparisons of records and SIP rows; 0: only at the start.',
  },
  databasePoolSize: {
    env: 'DATABASE_POOL_SIZE',
    ...integer(1, 1000),
    fallback: '16',
    meaning: 'Connections to each of the two databases.',
  },
  rpcConcurrency: {
    env: 'RPC_CONCURRENCY',
    ...integer(1, 65_535),
    fallback: '256',
    meaning: 'Requests in work at once: the prefetch of the request queue. More than creates may work and wait.',
  },
  createConcurrency: {
    env: 'CREATE_CONCURRENCY',
    ...integer(1, 65_535),
    fallback: '24',
    meaning: 'Creates in work at once.',
  },
  createQueue: {
    env: 'CREATE_QUEUE',
    ...integer(0, 65_535),
    fallback: '200',
    meaning: 'Creates that may wait; one more is answered 503.',
  },
  eventConcurrency: {
    env: 'EVENT_CONCURRENCY',
    ...integer(1, 65_535),
    fallback: '10',
    meaning: 'Events in work at once: the prefetch of the event queue.',
  },
  outboxRetentionHours: {
    env: 'OUTBOX_RETENTION_HOURS',
    ...integer(1, 87_600),
    fallback: '168',
    meaning: 'How long an event that could not be sent stays in the outbox.',
  },
  shutdownTimeoutSeconds: {
    env: 'SHUTDOWN_TIMEOUT_SECONDS',
    ...integer(1, 600),
    fallback: '20',
    meaning: 'How long a shutdown waits for work in flight.',
  },
} as const satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof VARIABLES;

/** The type of the value of each variable. */
export type ConfigValues = {
  readonly [Name in VariableName]: Exclude<ReturnType<(typeof VARIABLES)[Name]['read']>, undefined>;
};

export const VARIABLE_ENTRIES = Object.entries(VARIABLES) as readonly (readonly [VariableName, Variable<unknown>])[];

export function flagOf(variable: { readonly env: string }): string {
  return variable.env.toLowerCase();
}
