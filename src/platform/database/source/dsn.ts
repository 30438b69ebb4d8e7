import { decode, DsnError, DsnParameterError, parseParams, splitAtFirst, type DsnParams } from './dsn-params';

export { DsnError };

export interface MysqlAddress {
  user: string;
  password: string;
  host: string;
  port: number;
  socketPath?: string;
  /** Empty when the DSN names none. */
  database: string;
  params: DsnParams;
}

const DEFAULT_PORT = 3306;

/** Reads `[user[:password]@][net[(addr)]]/dbname[?params]` the way go-sql-driver does: passwords are raw text. */
export function parseDsn(text: string): MysqlAddress {
  const slash = text.lastIndexOf('/');
  if (slash < 0) throw new DsnError('the slash before the database name is missing');
  const left = text.slice(0, slash);
  const [databaseText, paramText] = splitAtFirst(text.slice(slash + 1), '?');
  const at = left.lastIndexOf('@');
  const [user, password] = at < 0 ? ['', ''] : splitAtFirst(left.slice(0, at), ':');
  return {
    user,
    password,
    ...parseEndpoint(left.slice(at + 1)),
    database: decode(databaseText, 'the database name'),
    params: parseParams(paramText),
  };
}

/** The rule that a parameter breaks, if nothing else is wrong. It quotes only names of parameters that we know. */
export function parameterProblem(text: string): string | undefined {
  try {
    parseDsn(text);
    return undefined;
  } catch (error) {
    return error instanceof DsnParameterError ? error.message : undefined;
  }
}

/** A DSN for the log: server and database, without user and password. */
export function maskDsn(text: string): string {
  try {
    const { host, port, socketPath, database } = parseDsn(text);
    return `***@${socketPath === undefined ? `tcp(${host}:${port})` : `unix(${socketPath})`}/${database}`;
  } catch {
    return '***';
  }
}

function parseEndpoint(text: string): Pick<MysqlAddress, 'host' | 'port' | 'socketPath'> {
  const open = text.indexOf('(');
  if (open >= 0 && !text.endsWith(')')) throw new DsnError('the network address is not terminated by a parenthesis');
  const net = open < 0 ? text : text.slice(0, open);
  const address = open < 0 ? '' : text.slice(open + 1, -1);
  if (net === '' || net === 'tcp') return parseHostPort(address);
  if (net !== 'unix') throw new DsnError('the network must be tcp or unix');
  return { host: 'localhost', port: DEFAULT_PORT, socketPath: address === '' ? '/tmp/mysql.sock' : address };
}

function parseHostPort(address: string): { host: string; port: number } {
  if (address === '') return { host: '127.0.0.1', port: DEFAULT_PORT };
  // A bare IPv6 address has colons of its own and no port.
  if (/^[0-9a-fA-F.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(address)) return { host: address, port: DEFAULT_PORT };
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(address);
  if (match === null) throw new DsnError('the network address is not host:port');
  const port = match[3] ?? String(DEFAULT_PORT);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw new DsnError('the port must be a number from 1 to 65535');
  }
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? '127.0.0.1' : host, port: Number(port) };
}
