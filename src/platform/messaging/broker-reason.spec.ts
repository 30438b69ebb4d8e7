import { eachRow } from '../../../test/support/each-row';
import { brokerReason, declarationReason, lossReason, virtualHostOf } from './broker-reason';

const of = (message: string, code?: string): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

describe('why there is no connection to the broker', () => {
  eachRow([
    [
      of(
        'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."',
      ),
      'ACCESS_REFUSED',
      'refuses this login',
      true,
    ],
    [of('Connection closed: 530 (NOT-ALLOWED) with message "NOT_ALLOWED - vhost nosuch not found"'), 'NOT_ALLOWED', 'has no virtual host nosuch', true], // oxfmt-ignore
    [of(`Connection closed: 530 (NOT-ALLOWED) with message "NOT_ALLOWED - access to vhost 'nosuch' refused for user 'x'"`), 'NOT_ALLOWED', 'may not use the virtual host nosuch', true], // oxfmt-ignore
    [of('Connection closed: 530 (NOT-ALLOWED) with message "NOT_ALLOWED - connection refused: node connection limit (5) is reached"'), 'NOT_ALLOWED', 'a limit is reached', true], // oxfmt-ignore
    [of(`Connection closed: 530 (NOT_ALLOWED) with message "NOT_ALLOWED - access to vhost 'rate-limits' refused for user 'x'"`), 'NOT_ALLOWED', 'may not use the virtual host nosuch', true], // oxfmt-ignore
    [of(`Connection closed: 530 (NOT_ALLOWED) with message "NOT_ALLOWED - access to vhost 'nosuch' refused for user 'x': connection limit (0) is reached"`), 'NOT_ALLOWED', 'a limit is reached', true], // oxfmt-ignore
    [of('Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - broker forced connection closure"'), 'CONNECTION_FORCED', 'shutting down', false], // oxfmt-ignore
    [
      of('write EPROTO 0A00010B:SSL routines:ssl3_get_record:wrong version number', 'EPROTO'),
      'NOT_TLS',
      'does not speak TLS',
      true,
    ],
    [of('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate', true],
    [of('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'), 'ECONNREFUSED', 'nothing listens', false],
    [of('getaddrinfo ENOTFOUND x', 'ENOTFOUND'), 'ENOTFOUND', 'host name is unknown', false],
    [of('Socket closed abruptly during opening handshake'), 'NO_HANDSHAKE', 'before the login', false],
    [of('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'), 'NOT_ALLOWED', 'the virtual host nosuch', true],
    [of('connect timed out'), 'ETIMEDOUT', 'does not answer', false],
    [of('password=s3cret'), 'FAILED', 'no code', false],
    [undefined, 'FAILED', 'no code', false],
  ])('is told by each error', (error, code, text, isRefusal) => {
    const reason = brokerReason(error, 'nosuch');
    expect(reason).toMatchObject({ code, isRefusal });
    expect(reason.text).toContain(text);
    expect(reason.text).not.toContain('s3cret');
  });

  it.each([
    ['amqp://a:b@h', '/'],
    ['amqp://a:b@h/', '/'],
    ['amqp://a:b@h/x%2Fy', 'x/y'],
  ])('the virtual host of %s is %s', (address, virtualHost) => expect(virtualHostOf(address)).toBe(virtualHost));
});

eachRow([
  [`403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - queue 'a.request' in vhost '/' in exclusive use"`, 'another connection has the queue a.request for itself (ACCESS_REFUSED)'], // oxfmt-ignore
  [`404 (NOT-FOUND) with message "NOT_FOUND - home node 'rabbit@a' of durable queue 'a.request' in vhost '/' is down or inaccessible"`, 'the node that holds the queue a.request is down (NOT_FOUND)'], // oxfmt-ignore
  [`404 (NOT-FOUND) with message "NOT_FOUND - no exchange 'a.event' in vhost '/'"`, 'it does not have the exchange a.event (NOT_FOUND)'], // oxfmt-ignore
  [`403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - access to queue 'a.request' in vhost '/' refused for user 'c'"`, 'this login may not use the queue a.request: give it the permissions (ACCESS_REFUSED)'], // oxfmt-ignore
  [`403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - configure access to queue 'a.request' in vhost '/' refused for user 'c'"`, 'this login may not use the queue a.request: give it the permissions (ACCESS_REFUSED)'], // oxfmt-ignore
  [`406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'a.request' in vhost '/': received 'true' but current is 'c4nary'"`, 'it refuses the declaration of the queue a.request: it is there with another durable (PRECONDITION_FAILED)'], // oxfmt-ignore
])('the reason of a refused operation is told', (message, text) => {
  expect(declarationReason(new Error(`Operation failed: QueueDeclare; ${message}`))).toMatchObject({ text });
});

eachRow([
  [of('read ECONNRESET', 'ECONNRESET'), 'ECONNRESET', 'the connection was lost (ECONNRESET)'],
  [of('Unexpected close'), 'CLOSED', 'the connection was lost (CLOSED)'],
  [of('Heartbeat timeout'), 'ETIMEDOUT', 'the host went silent'],
  [of('Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - x"'), 'CONNECTION_FORCED', 'shutting down'], // oxfmt-ignore
])('the reason is told of a connection that was open and is lost', (error, code, text) => {
  const reason = lossReason(error, '/');
  expect(reason.code).toBe(code);
  expect(reason.text).toContain(text);
});
