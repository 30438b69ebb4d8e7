/** Why a connection to a server of any kind failed. */
interface ConnectionFailure {
  /** A word for the health page, such as ECONNREFUSED. */
  readonly code: string;
  /** For a person; holds no secret. */
  readonly text: string;
  /** One side speaks TLS and the other does not, or a certificate is not accepted: waiting does not help. */
  readonly isOfTls: boolean;
}

const NO_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;
const OF_TLS = /CERT|SIGNATURE|TLS|SSL|ISSUER/;

const OF_SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on this port',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

/** The failure that the system or the TLS layer reports; `undefined` for an error of the server or the library. */
export function connectionFailure(error: unknown): ConnectionFailure | undefined {
  const { message = '' } = (error ?? {}) as { message?: string };
  if (NO_TLS.test(message)) return { code: 'NOT_TLS', text: 'this port does not speak TLS', isOfTls: true };
  const code = codeOf(error);
  const text = code === undefined ? undefined : OF_SYSTEM[code];
  if (code !== undefined && text !== undefined) return { code, text, isOfTls: false };
  if (code === undefined || !OF_TLS.test(code)) return undefined;
  return { code, text: `its certificate or TLS was not accepted (${code})`, isOfTls: true };
}

/** A time-out that the library reports only by its message, without a code of the system. */
export function timedOut(error: unknown): ConnectionFailure | undefined {
  const { message = '' } = (error ?? {}) as { message?: string };
  if (!/timed? ?out/i.test(message)) return undefined;
  return { code: 'ETIMEDOUT', text: 'the host does not answer', isOfTls: false };
}

/** The error's code, if it is a word that may be shown. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : undefined;
}
