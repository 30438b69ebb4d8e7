import { codeOf, connectionFailure, timedOut } from '../errors/connection-failure';

/** Why there is no connection to the broker. */
export interface BrokerReason {
  /** A word for the health page, such as ACCESS_REFUSED or ECONNREFUSED. */
  readonly code: string;
  /** For a person; holds no secret. */
  readonly text: string;
  /** Waiting does not help: the broker refuses, or TLS does not fit. */
  readonly isRefusal: boolean;
}

const REPLY = /\b[1-5]\d\d \(([A-Z_-]{3,40})\)(?: with message "([^"]{0,300}))?/;
const THING = /\b(queue|exchange) '([\w.-]{1,200})'/;
/** The handshake ended without a reply: the port speaks TLS, or another protocol. */
const NO_HANDSHAKE = /closed abruptly during opening handshake|ECONNRESET|Invalid frame/i;
/**
 * The library's message when handshake-refusal.ts found no reply; only the virtual host can be refused at this point.
 */
const NOT_OPENED = /Expected ConnectionOpenOk; got <ConnectionClose/;

/** The broker's reply, as the library quotes it. */
interface Reply {
  readonly code: string;
  readonly words: string;
}

function replyOf(error: unknown): Reply | undefined {
  const [, code, words = ''] = REPLY.exec(messageOf(error)) ?? [];
  return code === undefined ? undefined : { code: code.replaceAll('-', '_'), words };
}

function messageOf(error: unknown): string {
  return (error as { message?: string } | null | undefined)?.message ?? '';
}

/**
 * The reason behind a failed attempt. Of the server's text it shows only codes and the names of queues, exchanges and
 * arguments.
 */
export function brokerReason(error: unknown, virtualHost: string): BrokerReason {
  const message = messageOf(error);
  const reply = replyOf(error);
  // With this library a refused declaration ends the connection.
  if (reply) return THING.test(reply.words) ? refusalOf(reply) : replyReason(reply, virtualHost);
  if (NOT_OPENED.test(message)) return { code: 'NOT_ALLOWED', text: notOpened(virtualHost), isRefusal: true };
  const failure = connectionFailure(error);
  if (failure !== undefined) return { code: failure.code, text: failure.text, isRefusal: failure.isOfTls };
  if (NO_HANDSHAKE.test(message)) {
    const text = 'it ended the connection before the login: the port speaks TLS, or another protocol';
    return { code: 'NO_HANDSHAKE', text, isRefusal: false };
  }
  const silence = timedOut(error);
  return silence === undefined ? failed(error) : { ...silence, isRefusal: false };
}

/** The reason behind the loss of an open connection. */
export function lossReason(error: unknown, virtualHost: string): BrokerReason {
  if (replyOf(error)) return brokerReason(error, virtualHost);
  if (/heartbeat/i.test(messageOf(error))) {
    return { code: 'ETIMEDOUT', text: 'the connection was lost: the host went silent', isRefusal: false };
  }
  const code = codeOf(error) ?? 'CLOSED';
  return { code, text: `the connection was lost (${code})`, isRefusal: false };
}

function failed(error: unknown): BrokerReason {
  const code = codeOf(error);
  return { code: code ?? 'FAILED', text: `the attempt failed (${code ?? 'no code'})`, isRefusal: false };
}

function replyReason({ code, words }: Reply, virtualHost: string): BrokerReason {
  if (code === 'ACCESS_REFUSED') {
    return { code, text: 'it refuses this login (ACCESS_REFUSED)', isRefusal: true };
  }
  if (code === 'NOT_ALLOWED') return { code, text: `${notAllowed(words, virtualHost)} (NOT_ALLOWED)`, isRefusal: true };
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
  // A reached limit may be reported as a refused access, too.
  if (/limit \(\d+\) is reached/.test(message)) return 'it allows no further connection: a limit is reached';
  if (/access to vhost/.test(message)) return `this login may not use the virtual host ${virtualHost}`;
  if (/down/.test(message)) return `its virtual host ${virtualHost} is down`;
  return 'it does not allow this connection';
}

/** Why a queue or an exchange could not be declared; `undefined` for an error that is not the broker's answer. */
export function declarationReason(error: unknown): BrokerReason | undefined {
  const reply = replyOf(error);
  return reply && refusalOf(reply);
}

function refusalOf({ code, words }: Reply): BrokerReason {
  // The names of arguments and queues are the platform's own, so they may be shown; a value may be a secret.
  const [, kind, name] = THING.exec(words) ?? [];
  const thing = kind === undefined ? 'a queue or an exchange' : `the ${kind} ${name ?? ''}`;
  return { code, text: `${refusedText(code, words, thing)} (${code})`, isRefusal: true };
}

function refusedText(code: string, words: string, thing: string): string {
  if (code === 'RESOURCE_LOCKED' || /in exclusive use/.test(words)) return `another connection has ${thing} for itself`;
  if (/is down or inaccessible|stopped by supervisor/.test(words)) return `the node that holds ${thing} is down`;
  if (code === 'ACCESS_REFUSED') return `this login may not use ${thing}: give it the permissions`;
  if (code === 'NOT_FOUND') return `it does not have ${thing}`;
  const argument = /inequivalent arg '([\w-]{1,60})'/.exec(words)?.[1];
  return `it refuses the declaration of ${thing}${argument === undefined ? '' : `: it is there with another ${argument}`}`;
}

/** The virtual host of an address, decoded. */
export function virtualHostOf(address: string): string {
  const path = new URL(address).pathname.slice(1);
  try {
    return path === '' ? '/' : decodeURIComponent(path);
  } catch {
    return path;
  }
}
