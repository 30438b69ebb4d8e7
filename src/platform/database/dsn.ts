export interface DsnParams {
  charset?: string;
  collation?: string;
  tls?: 'true' | 'skip-verify' | 'preferred' | 'false';
  /** `tls` in the shape of mysql2's option; absent for no TLS, and for `preferred`, which mysql2 cannot negotiate. */
  ssl?: { rejectUnauthorized: boolean; verifyIdentity: boolean };
  timeoutMs?: number;
  readTimeoutMs?: number;
  writeTimeoutMs?: number;
}

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

/** Its message names the rule that was broken and never carries a part of the text. */
export class DsnError extends Error {
  override readonly name = 'DsnError';
}

const DEFAULT_PORT = 3306;
const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads `[user[:password]@][net[(addr)]]/dbname[?params]` the way go-sql-driver does: passwords are raw text. */
export function parseDsn(text: string): MysqlAddress {
  const slash = text.lastIndexOf('/');
  if (slash < 0) throw new DsnError('the slash before the database name is missing');
  const left = text.slice(0, slash);
  const [databaseText, paramText] = splitAtFirst(text.slice(slash + 1), '?');
  const at = left.lastIndexOf('@');
  const [user, password] = at < 0 ? ['', ''] : splitAtFirst(left.slice(0, at), ':');
  const params = parseParams(paramText);
  return {
    user,
    password,
    ...parseEndpoint(left.slice(at + 1)),
    database: decode(databaseText, 'the database name'),
    params,
  };
}

/** What a log may show of a DSN: where it leads, never who logs in. */
export function maskDsn(text: string): string {
  try {
    const { host, port, socketPath, database } = parseDsn(text);
    return `***@${socketPath === undefined ? `tcp(${host}:${port})` : `unix(${socketPath})`}/${database}`;
  } catch {
    return '***';
  }
}

function splitAtFirst(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DsnError(`${what} is not valid percent-encoding`);
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

function parseParams(text: string): DsnParams {
  const params: DsnParams = {};
  for (const pair of text.split('&')) {
    if (!pair.includes('=')) continue;
    const [name, value] = splitAtFirst(pair, '=');
    // As in Go, a charset is a list in order of preference, and names are case-sensitive.
    if (name === 'charset') params.charset = splitAtFirst(value, ',')[0];
    else if (name === 'collation') params.collation = value;
    else if (name === 'tls') Object.assign(params, parseTls(value));
    else if (name === 'timeout') params.timeoutMs = parseDurationMs(value, name);
    else if (name === 'readTimeout') params.readTimeoutMs = parseDurationMs(value, name);
    else if (name === 'writeTimeout') params.writeTimeoutMs = parseDurationMs(value, name);
    // parseTime, loc, interpolateParams and server variables have no meaning here: times are read as text.
  }
  return params;
}

function parseTls(value: string): Pick<DsnParams, 'tls' | 'ssl'> {
  if (['1', 'true', 'TRUE', 'True'].includes(value)) {
    return { tls: 'true', ssl: { rejectUnauthorized: true, verifyIdentity: true } };
  }
  if (['0', 'false', 'FALSE', 'False'].includes(value)) return { tls: 'false' };
  const lower = value.toLowerCase();
  if (lower === 'preferred') return { tls: lower };
  if (lower === 'skip-verify') return { tls: lower, ssl: { rejectUnauthorized: false, verifyIdentity: false } };
  throw new DsnError('tls must be true, false, skip-verify or preferred');
}

function parseDurationMs(text: string, name: string): number {
  if (text === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) {
    throw new DsnError(`${name} must be a duration such as 500ms, 10s or 1m30s`);
  }
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return totalMs;
}
