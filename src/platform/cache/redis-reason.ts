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

const CLUSTER = 'it is a node of a cluster; this service needs a single server, or a proxy before the cluster';

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
  MOVED: CLUSTER,
  ASK: CLUSTER,
  CROSSSLOT: CLUSTER,
  TRYAGAIN: CLUSTER,
  NOSCRIPT: 'it does not run scripts',
  BUSY: 'it is busy with a script',
  DENIED: 'it is in protected mode and refuses this host',
  NOPROTO: 'it does not speak this protocol',
  MAXCLIENTS: 'it takes no further connection: its limit of clients is reached',
  DBINDEX: 'it has no database of this number: check REDIS_DATABASE',
  UNKNOWNCMD: 'it does not know a command that the cache needs',
  REFUSED: 'it answers, and refuses a command',
};
/** Replies that do not begin with a code. */
const OF_TEXT: readonly (readonly [RegExp, string])[] = [
  [/user executing the script can't/, 'NOPERM'],
  [/max number of clients/, 'MAXCLIENTS'],
  [/SELECT is not allowed in cluster mode/, 'CROSSSLOT'],
  [/DB index is out of range|invalid DB index/, 'DBINDEX'],
  [/unknown command/i, 'UNKNOWNCMD'],
  [/invalid password/i, 'WRONGPASS'],
];
/** After a fail-over the address leads to another server, but only for a new connection. */
const WANTS_RECONNECT = new Set(['READONLY', 'MASTERDOWN', 'TIMEOUT']);

/** The reason behind a failed command or attempt to connect. The text of the server is not repeated. */
export function redisReason(error: unknown): RedisReason {
  const { message = '', name = '' } = (error ?? {}) as { message?: string; name?: string };
  const reply = replyCode(message);
  if (reply !== undefined) return plain(reply, OF_REPLY[reply] ?? '');
  if (name === 'ReplyError') return plain('REFUSED', OF_REPLY['REFUSED'] ?? '');
  if (message === 'Command timed out') return plain('TIMEOUT', 'it does not answer in time');
  const failure = connectionFailure(error);
  if (failure !== undefined) return plain(failure.code, failure.text);
  const code = codeOf(error);
  if (code === 'ECONNRESET') return plain(code, 'it ended the connection: it may speak TLS, or another protocol');
  if (/protocol error|parser/i.test(`${name} ${message}`))
    return plain('PROTOCOL', 'this port does not speak the protocol of Redis');
  const silence = timedOut(error);
  return silence === undefined ? plain(code ?? 'CLOSED', 'there is no connection') : plain(silence.code, silence.text);
}

/** The code that a reply begins with; in the error of a script it stands further inside. */
function replyCode(message: string): string | undefined {
  const first = /^(?:ERR |-)?([A-Z]{3,20})\b/.exec(message.replace(/^.*?Error running script.*?: /, ''))?.[1] ?? '';
  if (OF_REPLY[first] !== undefined) return first;
  const byText = OF_TEXT.find(([pattern]) => pattern.test(message))?.[1];
  return byText ?? Object.keys(OF_REPLY).find((known) => new RegExp(`\\b${known}\\b`).test(message));
}

function plain(code: string, text: string): RedisReason {
  return { code, text, wantsReconnect: WANTS_RECONNECT.has(code) };
}
