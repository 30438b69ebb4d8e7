/** Its message names the broken rule and never quotes the text. */
export class DsnError extends Error {
  override readonly name: string = 'DsnError';
}

/** The form of the DSN is right, but a parameter asks for what the service does not support. */
export class DsnParameterError extends DsnError {
  override readonly name = 'DsnParameterError';
}

export interface DsnParams {
  charset?: string;
  collation?: string;
  /** The server may ask for the password in clear (PAM). */
  isCleartextAllowed?: true;
  tls?: 'true' | 'skip-verify' | 'preferred' | 'false';
  /** `tls` in the shape of mysql2's option; absent for no TLS, and for `preferred`: see `settleTls`. */
  ssl?: { rejectUnauthorized: boolean; verifyIdentity: boolean };
  timeoutMs?: number;
  readTimeoutMs?: number;
  writeTimeoutMs?: number;
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Parameters of the Go driver without a meaning here: they change how Go reads, not what is stored or answered. */
const GO_ONLY = new Set([
  ...['allowAllFiles', 'allowOldPasswords', 'checkConnLiveness', 'clientFoundRows', 'columnsWithAlias', 'compress'],
  ...['connectionAttributes', 'interpolateParams', 'maxAllowedPacket', 'multiStatements', 'parseTime'],
  ...['rejectReadOnly', 'timeTruncate'],
]);

/** Settings that the service makes itself, session variables included, with the values that agree with them. */
const OURS: Record<string, RegExp> = {
  // Times are stored in UTC; the Go driver would store and read them in this zone. Containers' own zone is UTC.
  loc: new Date().getTimezoneOffset() === 0 ? /^(?:UTC|Etc\/UTC|Local|)$/ : /^(?:UTC|Etc\/UTC|)$/,
  allowNativePasswords: /^(?:1|true)$/i,
  allowFallbackToPlaintext: /^(?:0|false)$/i,
  serverPubKey: /^$/,
  time_zone: /^(?:\+00:00|UTC|Etc\/UTC)$/i,
  transaction_isolation: /^READ-COMMITTED$/i,
  tx_isolation: /^READ-COMMITTED$/i,
  autocommit: /^(?:1|on|true)$/i,
  sql_mode: /^(?!)/,
  innodb_lock_wait_timeout: /^1$/,
  lock_wait_timeout: /^3$/,
};

/** Parameters that take effect here. As in Go, names are case-sensitive. */
const HONOURED: Record<string, (value: string, name: string) => DsnParams> = {
  // A list in order of preference.
  charset: (value) => ({ charset: parseCharset(splitAtFirst(value, ',')[0]) }),
  collation: (value) => ({ collation: parseCollation(value) }),
  tls: parseTls,
  allowCleartextPasswords: (value) => (/^(?:1|true)$/i.test(value) ? { isCleartextAllowed: true } : {}),
  timeout: (value, name) => ({ timeoutMs: parseDurationMs(value, name) }),
  readTimeout: (value, name) => ({ readTimeoutMs: parseDurationMs(value, name) }),
  writeTimeout: (value, name) => ({ writeTimeoutMs: parseDurationMs(value, name) }),
};

/** Reads the parameters. An unknown one is refused: if ignored, it would not do what it says. */
export function parseParams(text: string): DsnParams {
  const params: DsnParams = {};
  for (const pair of text.split('&')) {
    if (!pair.includes('=')) continue;
    const [name, value] = splitAtFirst(pair, '=');
    const parse = Object.hasOwn(HONOURED, name) ? HONOURED[name] : undefined;
    if (parse !== undefined) Object.assign(params, parse(value, name));
    else if (!GO_ONLY.has(name)) checkVariable(name, value);
  }
  return params;
}

export function splitAtFirst(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

export function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DsnError(`${what} is not valid percent-encoding`);
  }
}

/** The service always uses utf8mb4, which includes utf8. */
function parseCharset(value: string): string {
  if (/^utf8(?:mb[34])?$/i.test(value)) return value;
  throw new DsnParameterError('the parameter charset must begin with utf8mb4 or utf8');
}

function parseCollation(value: string): string {
  if (/^utf8(?:mb[34])?_[a-z0-9_]+$/i.test(value)) return value.toLowerCase().replace(/^utf8(?:mb3)?_/, 'utf8mb4_');
  throw new DsnParameterError('the parameter collation must be one of utf8mb4');
}

/** An unknown name may be part of a password that was written wrongly, so it is not repeated. */
function checkVariable(name: string, value: string): void {
  const same = Object.hasOwn(OURS, name) ? OURS[name] : undefined;
  if (same === undefined)
    throw new DsnParameterError('the parameters must be those of the Go driver; session variables are not taken');
  const text = decode(value, 'the parameter text').replace(/^(['"])(.*)\1$/, '$2');
  if (!same.test(text))
    throw new DsnParameterError(`the parameter ${name} is set by the service itself, to another value`);
}

function parseTls(value: string): Pick<DsnParams, 'tls' | 'ssl'> {
  if (['1', 'true', 'TRUE', 'True'].includes(value)) {
    return { tls: 'true', ssl: { rejectUnauthorized: true, verifyIdentity: true } };
  }
  if (['0', 'false', 'FALSE', 'False'].includes(value)) return { tls: 'false' };
  const lower = value.toLowerCase();
  if (lower === 'preferred') return { tls: lower };
  if (lower === 'skip-verify') return { tls: lower, ssl: { rejectUnauthorized: false, verifyIdentity: false } };
  throw new DsnParameterError('tls must be true, false, skip-verify or preferred');
}

function parseDurationMs(text: string, name: string): number {
  if (text === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) {
    throw new DsnParameterError(`${name} must be a duration such as 500ms, 10s or 1m30s`);
  }
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return totalMs;
}
