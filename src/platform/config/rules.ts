import { type HostPort, parseHostPort, parseRedisAddress } from './address';

/** Reads one variable's text; undefined means that it breaks the rule. */
export interface Rule<T> {
  readonly rule: string;
  readonly read: (text: string) => T | undefined;
  /** What of it is broken, where the rule has parts; no part of the text. */
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

/** Paths the service itself serves stay its own, and no character may mean something to the HTTP router. */
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

/** As the original reads it: what is no number is database 0. */
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

export const onOff: Rule<boolean> = {
  rule: 'on | off',
  read: (text) => new Map([['on', true], ['off', false]]).get(text.toLowerCase()), // prettier-ignore
};

/** A go-sql-driver DSN, checked by the parser that will open the connection. */
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
