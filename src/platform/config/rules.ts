/** Reads one variable's text; undefined means that the text breaks the rule. */
export interface Rule<T> {
  readonly rule: string;
  readonly read: (text: string) => T | undefined;
  /** Which part of the rule the text breaks; never quotes the text. */
  readonly complaint?: (text: string) => string | undefined;
}

const DOMAIN_LABEL = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/;

export const domainName: Rule<string> = {
  rule: 'a domain name: labels of 1-63 letters, digits or inner hyphens joined by dots, at most 253 characters',
  read: (text) => (text.length <= 253 && text.split('.').every((label) => DOMAIN_LABEL.test(label)) ? text : undefined),
};

export const redisAddress: Rule<string> = {
  rule: 'host:port, or redis[s]://[user[:password]@]host[:port][/database]',
  read: (text) => (parseRedisAddress(text) === undefined ? undefined : text),
};

/** Port 0 lets the system choose one. */
export const listenAddress: Rule<HostPort> = {
  rule: ':port, host:port or [ipv6]:port',
  read: parseHostPort,
};

/** A path that the service does not serve itself, without characters that the HTTP router treats as a pattern. */
export const urlPath: Rule<string> = {
  rule: 'a path such as /metrics: letters, digits and ._~/- after a slash, not under /health',
  read: (text) => (/^\/[A-Za-z0-9._~/-]*$/.test(text) && !/^\/health(\/|$)/.test(text) ? text : undefined),
};

export const amqpUrl: Rule<string> = {
  rule: 'amqp://user:password@host:port[/vhost]',
  read: (text) => {
    if (!/^amqps?:\/\//.test(text) || !URL.canParse(text)) return undefined;
    return new URL(text).hostname === '' ? undefined : text;
  },
};

export const anyText: Rule<string> = { rule: 'any text', read: (text) => text };

/** As the original reads it: a text that is not a number means database 0. */
export const redisDatabaseNumber: Rule<number> = {
  rule: 'a number; anything else counts as 0',
  read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : 0),
};

export function integer(min: number, max: number): Rule<number> {
  return {
    rule: `a whole number from ${min} to ${max}`,
    read: (text) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): Rule<T> {
  return { rule: choices.join(' | '), read: (text) => choices.find((choice) => choice === text.toLowerCase()) };
}

const AMI_NODES_MAX = 32;

/** Empty for none. A port is always named: an Asterisk whose port is changed must not be left out by mistake. */
export const hostPorts: Rule<readonly Required<HostPort>[]> = {
  rule: `host:port, several joined by commas, at most ${AMI_NODES_MAX} and each one once`,
  read: (text) => {
    const names = text === '' ? [] : text.split(',').map((one) => one.trim());
    const parsed = names.map((one) => parseHostPort(one));
    const whole = parsed.filter((one): one is Required<HostPort> => one?.host !== undefined && one.port > 0);
    const isRight = whole.length === names.length && new Set(names).size === names.length;
    return isRight && names.length <= AMI_NODES_MAX ? whole : undefined;
  },
};

/** For a protocol of lines: a line break in the value would begin a line of its own. */
export const oneLine: Rule<string> = {
  rule: 'text without control characters, at most 256 characters',
  read: (text) => (text.length <= 256 && !/\p{Cc}/u.test(text) ? text : undefined),
};

const ON_OFF = new Map([
  ['on', true],
  ['off', false],
]);

export const onOff: Rule<boolean> = { rule: 'on | off', read: (text) => ON_OFF.get(text.toLowerCase()) };

/** A go-sql-driver DSN, checked by the parser that the connection uses. */
export function dsn(
  parse: (text: string) => { readonly database: string },
  complaint: (text: string) => string | undefined,
): Rule<string> {
  return {
    rule: 'user:password@tcp(host:port)/database[?params]',
    read: (text) => {
      try {
        return parse(text).database === '' ? undefined : text;
      } catch {
        return undefined;
      }
    },
    complaint,
  };
}

/** The parts of `host:port`; a listen address without a host means every interface. */
export interface HostPort {
  readonly host?: string;
  readonly port: number;
}

const HOST_PORT = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9._-]*)):(?<port>\d{1,5})$/;

function parseHostPort(text: string): HostPort | undefined {
  const groups = HOST_PORT.exec(text)?.groups;
  const port = Number(groups?.['port']);
  if (groups === undefined || port > 65535) return undefined;
  const host = groups['ipv6'] ?? groups['name'];
  return host === undefined || host === '' ? { port } : { host, port };
}

/** A Redis server: `host:port`, or a URL that may also name a user, a password, a database, and TLS by `rediss`. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username: string;
  readonly password: string;
  readonly database: number | undefined;
}

const REDIS_PORT = 6379;

export function parseRedisAddress(text: string): RedisAddress | undefined {
  if (!/^rediss?:\/\//.test(text)) {
    const { host, port = 0 } = parseHostPort(text) ?? {};
    if (port === 0) return undefined;
    return { host: host ?? '127.0.0.1', port, isTls: false, username: '', password: '', database: undefined };
  }
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const path = /^\/?(\d{0,9})$/.exec(pathname)?.[1];
  if (hostname === '' || path === undefined || search !== '' || hash !== '' || port === '0') return undefined;
  try {
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? REDIS_PORT : Number(port),
      isTls: protocol === 'rediss:',
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: path === '' ? undefined : Number(path),
    };
  } catch {
    return undefined;
  }
}

/** Hides the password of `user:password@` in a DSN or URL. The last `@` ends it: a raw password may hold others. */
export function maskCredentials(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1) return address;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(address)?.[0] ?? '';
  const userinfo = address.slice(scheme.length, at);
  const colon = userinfo.indexOf(':');
  const user = colon === -1 ? userinfo : `${userinfo.slice(0, colon)}:[REDACTED]`;
  return `${scheme}${user}${address.slice(at)}`;
}
