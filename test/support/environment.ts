/** The database server, from the addresses that scripts/test.mjs or the operator sets. */
export interface SqlServer {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
}

export interface BackingServers {
  readonly sql: SqlServer;
  /** `amqp://user:password@host:port`, without a virtual host. */
  readonly amqp: URL;
  readonly management: URL;
  readonly redis: { readonly host: string; readonly port: number };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the tests with "npm test", which starts the servers they need`);
  }
  return value;
}

const GO_DSN = /^(?<user>[^:]*):(?<password>.*)@tcp\((?<host>[^:)]+):(?<port>\d+)\)\/[^/]*$/;

function sqlServer(dsn: string): SqlServer {
  const groups = GO_DSN.exec(dsn)?.groups;
  if (!groups) throw new Error('DATABASE_DSN_BIN has not the form user:password@tcp(host:port)/name');
  return {
    user: groups['user'] ?? '',
    password: groups['password'] ?? '',
    host: groups['host'] ?? '',
    port: Number(groups['port']),
  };
}

/** The default address of the management plugin of the broker. */
function defaultManagement({ username, password, hostname }: URL): string {
  return `http://${username}:${password}@${hostname}:15672`;
}

export function backingServers(): BackingServers {
  const amqp = new URL(required('RABBITMQ_ADDRESS'));
  amqp.pathname = '';
  const [host = '127.0.0.1', port = '6379'] = required('REDIS_ADDRESS').split(':');
  return {
    sql: sqlServer(required('DATABASE_DSN_BIN')),
    amqp,
    management: new URL(process.env['RABBITMQ_MANAGEMENT_ADDRESS'] ?? defaultManagement(amqp)),
    redis: { host, port: Number(port) },
  };
}
