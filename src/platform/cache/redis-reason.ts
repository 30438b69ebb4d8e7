import { codeOf, connectionFailure, timedOut } from '../errors/connection-failure';

/** Why Redis is not used. */
export interface RedisReason {
  /** A word for the health page, such as NOAUTH or ECONNREFUSED. */
  readonly code: string;
  /** For a person; holds no secret. */
  readonly text: string;
  /** A new connection may lead to another server. */
  readonly wantsReconnect: boolean;
}

const OF_REPLY: Readonly<Record<string, string>> = {
  NOAUTH: 'it wants a password: set REDIS_PASSWORD',
  WRONGPASS: 'it refuses this user name or password: check REDIS_USERNAME and REDIS_PASSWORD',
  NOPERM: 'its user may not run the commands or use the keys that the cache needs',
  READONLY: 'it is a replica that only reads: a fail-over is under way, or the address leads to a replica',
  MISCONF: 'it refuses writes because it cannot save to its disk',
  OOM: 'it refuses writes because its memory is full',
  LOADING: 'it is still loading its data',
  MASTERDOWN: 'it is a replica without its master',
  NOREPLICAS: 'it refuses writes because too few replicas follow it',
  CLUSTERDOWN: 'its cluster is down',
  MOVED: 'it is a node of a cluster; this service needs a single server, or a proxy before the cluster',
  CROSSSLOT: 'it is a node of a cluster; this service needs a single server, or a proxy before the cluster',
  NOSCRIPT: 'it does not run scripts',
  BUSY: 'it is busy with a script',
  DENIED: 'it is in protected mode and refuses this host',
  NOPROTO: 'it does not speak this protocol',
};
/** What an error of a command or of an attempt to connect means. Texts of the server are not repeated. */
export function redisReason(error: unknown): RedisReason {
  const { message = '', name = '' } = (error ?? {}) as { message?: string; name?: string };
  const word = /^(?:ERR |-)?([A-Z]{3,20})\b/.exec(message.replace(/^.*?Error running script.*?: /, ''))?.[1] ?? '';
  const reply = [word, ...Object.keys(OF_REPLY).filter((known) => new RegExp(`\\b${known}\\b`).test(message))].find(
    (candidate) => OF_REPLY[candidate] !== undefined,
  );
  if (reply !== undefined) return { code: reply, text: OF_REPLY[reply] ?? '', wantsReconnect: reply === 'READONLY' };
  if (message === 'Command timed out') {
    return { code: 'TIMEOUT', text: 'it does not answer in time', wantsReconnect: true };
  }
  const failure = connectionFailure(error);
  if (failure !== undefined) return plain(failure.code, failure.text);
  const code = codeOf(error);
  if (code === 'ECONNRESET') return plain(code, 'it ended the connection: it may speak TLS, or another protocol');
  if (/protocol error|parser/i.test(`${name} ${message}`))
    return plain('PROTOCOL', 'this port does not speak the protocol of Redis');
  const silence = timedOut(error);
  return silence === undefined ? plain(code ?? 'CLOSED', 'there is no connection') : plain(silence.code, silence.text);
}

function plain(code: string, text: string): RedisReason {
  return { code, text, wantsReconnect: false };
}
