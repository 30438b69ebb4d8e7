/** Why there is no connection to the broker. */
export interface BrokerReason {
  /** A word for the health page, such as ACCESS_REFUSED or ECONNREFUSED. */
  readonly code: string;
  /** For a person; holds no secret. */
  readonly text: string;
  /** The broker has answered and says no: waiting does not help. */
  readonly isRefusal: boolean;
}

const REPLY = /\b[1-5]\d\d \(([A-Z-]{3,40})\)(?: with message "([^"]{0,300}))?/;
/** The handshake ended without a word: another protocol, or TLS where none is spoken. */
const NO_HANDSHAKE = /closed abruptly during opening handshake|ECONNRESET|Invalid frame/i;
/** The library keeps the broker's words to itself here; only the virtual host is asked for at this point. */
const NOT_OPENED = /Expected ConnectionOpenOk; got <ConnectionClose/;
const NO_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;

const OF_SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on this port',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

/** What the error of a failed attempt means. Texts of the server are cut to what says which virtual host or which limit. */
export function brokerReason(error: unknown, virtualHost: string): BrokerReason {
  const { message = '', code } = (error ?? {}) as { message?: string; code?: unknown };
  const reply = REPLY.exec(message);
  if (reply) return replyReason((reply[1] ?? '').replaceAll('-', '_'), reply[2] ?? '', virtualHost);
  if (NOT_OPENED.test(message)) return { code: 'NOT_ALLOWED', text: notOpened(virtualHost), isRefusal: true };
  const name = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : undefined;
  if (NO_TLS.test(message)) return { code: 'NOT_TLS', text: 'this port does not speak TLS', isRefusal: true };
  if (name !== undefined && OF_SYSTEM[name] !== undefined)
    return { code: name, text: OF_SYSTEM[name], isRefusal: false };
  if (name !== undefined && /CERT|SIGNATURE|TLS|SSL|ISSUER/.test(name)) {
    return { code: name, text: `its certificate or TLS was not accepted (${name})`, isRefusal: true };
  }
  if (NO_HANDSHAKE.test(message)) {
    const text = 'it ended the connection before the login: the port speaks TLS, or another protocol';
    return { code: 'NO_HANDSHAKE', text, isRefusal: false };
  }
  if (/timed? ?out/i.test(message)) return { code: 'ETIMEDOUT', text: 'the host does not answer', isRefusal: false };
  return { code: name ?? 'FAILED', text: `the attempt failed (${name ?? 'no code'})`, isRefusal: false };
}

function replyReason(code: string, message: string, virtualHost: string): BrokerReason {
  if (code === 'ACCESS_REFUSED') {
    return { code, text: 'it refuses this login (ACCESS_REFUSED)', isRefusal: true };
  }
  if (code === 'NOT_ALLOWED')
    return { code, text: `${notAllowed(message, virtualHost)} (NOT_ALLOWED)`, isRefusal: true };
  if (code === 'CONNECTION_FORCED') {
    return {
      code,
      text: 'it ended the connection (CONNECTION_FORCED): it is shutting down, or an operator did',
      isRefusal: false,
    };
  }
  return { code, text: `it answers ${code}`, isRefusal: code !== 'INTERNAL_ERROR' };
}

function notOpened(virtualHost: string): string {
  const reasons = 'it is not there, this login may not use it, or its limit of connections is reached';
  return `it does not open the virtual host ${virtualHost}: ${reasons} (NOT_ALLOWED)`;
}

function notAllowed(message: string, virtualHost: string): string {
  if (/vhost .* not found/.test(message)) return `it has no virtual host ${virtualHost}`;
  if (/access to vhost/.test(message)) return `this login may not use the virtual host ${virtualHost}`;
  if (/limit/.test(message)) return 'it allows no further connection: a limit is reached';
  if (/down/.test(message)) return `its virtual host ${virtualHost} is down`;
  return 'it does not allow this connection';
}

/** Why a queue or an exchange could not be declared; `undefined` for an error that is not the broker's answer. */
export function declarationReason(error: unknown): BrokerReason | undefined {
  const reply = REPLY.exec((error as { message?: string } | null)?.message ?? '');
  if (!reply) return undefined;
  const code = (reply[1] ?? '').replaceAll('-', '_');
  // The names of arguments and queues are the platform's own; a value could be anybody's.
  const what = /for (queue|exchange) '([\w.-]{1,200})'/.exec(reply[2] ?? '');
  const argument = /inequivalent arg '([\w-]{1,60})'/.exec(reply[2] ?? '')?.[1];
  const thing = what ? `the ${what[1] ?? ''} ${what[2] ?? ''}` : 'a queue or an exchange';
  const because = argument === undefined ? '' : `: it is there with another ${argument}`;
  return { code, text: `it refuses the declaration of ${thing}${because} (${code})`, isRefusal: true };
}

/** The virtual host of an address as a person writes it. */
export function virtualHostOf(address: string): string {
  const path = new URL(address).pathname.slice(1);
  try {
    return path === '' ? '/' : decodeURIComponent(path);
  } catch {
    return path;
  }
}
