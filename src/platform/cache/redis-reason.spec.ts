import { eachRow } from '../../../test/support/each-row';
import { redisReason } from './redis-reason';

const of = (message: string, code?: string): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

eachRow([
  [of('NOAUTH Authentication required.'), 'NOAUTH', false],
  [of('WRONGPASS invalid username-password pair or user is disabled.'), 'WRONGPASS', false],
  [of("NOPERM this user has no permissions to run the 'eval' command"), 'NOPERM', false],
  [of("READONLY You can't write against a read only replica."), 'READONLY', true],
  [of("ERR Error running script (call to f_1): @user_script:3: READONLY You can't write"), 'READONLY', true],
  [of('MISCONF Redis is configured to save RDB snapshots'), 'MISCONF', false],
  [of("OOM command not allowed when used memory > 'maxmemory'."), 'OOM', false],
  [of('MOVED 3999 127.0.0.1:6381'), 'MOVED', false],
  [of("CROSSSLOT Keys in request don't hash to the same slot"), 'CROSSSLOT', false],
  [of('CLUSTERDOWN Hash slot not served'), 'CLUSTERDOWN', false],
  [of('LOADING Redis is loading the dataset in memory'), 'LOADING', false],
  [of('MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to no.'), 'MASTERDOWN', true],
  [of('ASK 3999 127.0.0.1:6381'), 'ASK', false],
  [of('TRYAGAIN Multiple keys request during rehashing of slot'), 'TRYAGAIN', false],
  [of('ERR SELECT is not allowed in cluster mode'), 'CROSSSLOT', false],
  [of('ERR DB index is out of range'), 'DBINDEX', false],
  [of('ERR max number of clients reached'), 'MAXCLIENTS', false],
  [of("ERR The user executing the script can't run this command or subcommand script: f_1"), 'NOPERM', false],
  [of("ERR unknown command 'EVAL', with args beginning with: 'return 1'"), 'UNKNOWNCMD', false],
  [of('ERR invalid password'), 'WRONGPASS', false],
  [Object.assign(of('upstream failure'), { name: 'ReplyError' }), 'REFUSED', false],
  [of('Command timed out'), 'TIMEOUT', true],
  [of('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'), 'ECONNREFUSED', false],
  [of('wrong version number', 'EPROTO'), 'NOT_TLS', false],
  [of('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'DEPTH_ZERO_SELF_SIGNED_CERT', false],
  [of('connect ETIMEDOUT'), 'ETIMEDOUT', false],
  [of('Protocol error, got "H" as reply type byte'), 'PROTOCOL', false],
  [of('Connection is closed.'), 'CLOSED', false],
  [undefined, 'CLOSED', false],
])('each error of Redis is told as its reason', (error, code, wantsReconnect) => {
  const reason = redisReason(error);
  expect(reason).toMatchObject({ code, wantsReconnect });
  expect(reason.text).not.toBe('');
});
