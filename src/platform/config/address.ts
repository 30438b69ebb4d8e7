/** `host:port` taken apart; a listen address may leave the host out, meaning every interface. */
export interface HostPort {
  readonly host?: string;
  readonly port: number;
}

const HOST_PORT = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9._-]*)):(?<port>\d{1,5})$/;

export function parseHostPort(text: string): HostPort | undefined {
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

/** Hides the password of `user:password@` in a DSN or URL. The last `@` ends it: a raw password may hold more of them. */
export function maskCredentials(address: string): string {
  const at = address.lastIndexOf('@');
  if (at === -1) return address;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(address)?.[0] ?? '';
  const userinfo = address.slice(scheme.length, at);
  const colon = userinfo.indexOf(':');
  const user = colon === -1 ? userinfo : `${userinfo.slice(0, colon)}:[REDACTED]`;
  return `${scheme}${user}${address.slice(at)}`;
}
