import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { eventually, staysTrue } from '../../../test/support/conditions';
import { AmiPeer, obedient, response, type Answer } from '../../../test/support/sip/ami-peer';
import type { Log } from '../../platform/observability/log/logger';
import { Metrics } from '../../platform/observability/metrics/metrics';
import { RequestContext, runInContext } from '../../platform/observability/request-context';
import { AsteriskNode } from './asterisk-node';

const ID = '2001@realm';
const LOGIN = { endpoint: ID, auth: ID, aor: ID };
const CREDENTIALS = { username: 'registrar', password: 's3cret' };
const EXPIRE_OBJECT = 'SorceryMemoryCacheExpireObject';
const EXPIRE_ALL = 'SorceryMemoryCacheExpire';
/** More than a change may wait, with room for a busy machine. */
const SHORT_MS = 600;

/** Answers as usual, but one action in a way of its own. */
const except =
  (name: string, answer: Answer): Answer =>
  (action, socket) =>
    action['Action'] === name ? answer(action, socket) : obedient(action, socket);
const refusing =
  (message: string): Answer =>
  (action) =>
    response(action, { Response: 'Error', Message: message });

describe('AsteriskNode', () => {
  let peer: AmiPeer;
  let node: AsteriskNode;
  const lines: { message: string; fields: Record<string, unknown> }[] = [];
  const note = (message: string, fields: object): unknown => lines.push({ message, fields: { ...fields } });
  let metrics: Metrics;

  beforeEach(async () => {
    lines.length = 0;
    metrics = new Metrics();
    peer = await AmiPeer.listen();
    const log = { info: note, warning: note } as unknown as Log;
    node = new AsteriskNode({ host: '127.0.0.1', port: peer.port }, CREDENTIALS, metrics, log);
  });
  afterEach(async () => {
    await node.close();
    await peer.close();
  });

  const troubled = (): Promise<string> => eventually('a trouble', () => node.trouble?.code);
  const started = async (): Promise<void> => {
    node.start(true);
    await eventually('all caches expired', () => peer.of(EXPIRE_ALL).length === 3);
  };
  const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };
  const counted = async (metric: string): Promise<number> => {
    const found = new RegExp(`^registrar_manager_asterisk_ami_${metric}\\{.*\\} (\\d+)$`, 'm').exec(
      await metrics.render(),
    );
    return Number(found?.[1] ?? 0);
  };

  it('proves the password by the challenge and never sends it', async () => {
    await started();
    const key = createHash('md5').update(`840415273${CREDENTIALS.password}`).digest('hex');
    expect(peer.of('Login')).toMatchObject([{ AuthType: 'MD5', Username: 'registrar', Key: key, Events: 'off' }]);
    expect(JSON.stringify(peer.actions)).not.toContain(CREDENTIALS.password);
  });

  it('begins with all caches, and then expires the objects of each change, now and once more', async () => {
    await started();
    await node.forget([LOGIN]);
    const expected = ['endpoint', 'auth', 'aor'].map((part) => ({ Cache: `res_pjsip/${part}`, Object: ID }));
    expect(peer.of(EXPIRE_OBJECT)).toMatchObject(expected);
    await eventually('the second time', () => peer.of(EXPIRE_OBJECT).length === 6, { timeoutMs: 5_000 });
    expect(peer.of(EXPIRE_ALL)).toHaveLength(3);
    await staysTrue('no third time', () => peer.of(EXPIRE_OBJECT).length === 6, 1_500);
    expect(await counted('late_total')).toBe(0);
    expect(await counted('up')).toBe(1);
  });

  it('connects on the first change when it was not started, and then expires only its objects', async () => {
    await node.forget([LOGIN]);
    expect(peer.of(EXPIRE_OBJECT).length).toBeGreaterThanOrEqual(3);
    await node.flush(1_000);
    expect(node.isTold).toBe(true);
    expect(peer.of(EXPIRE_ALL)).toEqual([]);
  });

  it.each([
    ['the object is not cached', 'The provided object could not be expired from the cache', 0],
    ['there is no such cache', 'The provided cache does not exist', 0],
    ['there is no module for caches', `Invalid/unknown command: ${EXPIRE_OBJECT}. Use Action: ListCommands`, 0],
    ['the backend is cached in full', 'Due to full backend caching per-object expiration is not available', 3],
    ['the reason is unknown', 'something else', 3],
  ])('expires whole caches only when it must: %s', async (_, message, whole) => {
    await started();
    peer.answer = except(EXPIRE_OBJECT, refusing(message));
    await node.forget([LOGIN]);
    expect(peer.of(EXPIRE_ALL)).toHaveLength(3 + whole);
    expect(node.trouble).toBeUndefined();
  });

  it.each([
    ['an id with a line break', [{ auth: 'a\r\nAction: Command' }]],
    ['an id that is too long for a line', [{ auth: 'a'.repeat(1_000) }]],
    ['too many ids', Array.from({ length: 5_001 }, (_, n) => ({ auth: `auth ${n}` }))],
  ])('expires the whole cache instead of %s', async (_, logins) => {
    await started();
    await node.forget(logins);
    expect(peer.of(EXPIRE_ALL).slice(3)).toMatchObject([{ Cache: 'res_pjsip/auth' }]);
    expect(peer.of(EXPIRE_OBJECT)).toEqual([]);
    expect(peer.of('Command')).toEqual([]);
  });

  const silent = (): undefined => undefined;
  const drip = (text: string, socket: Socket): void => {
    const left = text.split('');
    const timer = setInterval(() => socket.write(left.shift() ?? 'x'), 20);
    socket.on('close', () => clearInterval(timer));
  };
  it.each<[string, string, (target: AmiPeer) => void]>([
    ['closes at once', 'CLOSED', (one) => (one.greet = (socket) => socket.destroy())],
    ['resets the connection', 'CLOSED', (one) => (one.greet = (socket) => socket.resetAndDestroy())],
    ['says nothing', 'TIMEOUT', (one) => (one.greet = silent)],
    ['greets as another server', 'NOT_AMI', (one) => (one.greet = (socket) => socket.write('SSH-2.0-x\r\n'))],
    ['sends garbage', 'NOT_AMI', (one) => (one.greet = (socket) => socket.write(Buffer.alloc(65_536, 0xff)))],
    ['drips a line without end', 'TIMEOUT', (one) => (one.greet = (socket) => drip('Asterisk Call Mana', socket))],
    ['does not answer the login', 'TIMEOUT', (one) => (one.answer = except('Login', silent))],
    ['denies the action', 'NO_PRIVILEGE', (one) => (one.answer = except(EXPIRE_ALL, refusing('Permission denied')))],
    ['refuses the action', 'REFUSED', (one) => (one.answer = except(EXPIRE_ALL, refusing('no')))],
    ['does not answer the action', 'TIMEOUT', (one) => (one.answer = except(EXPIRE_ALL, silent))],
    ['answers half a line', 'TIMEOUT', (one) => (one.answer = except(EXPIRE_ALL, () => 'Response: Succ'))],
    ['answers a huge line', 'UNREADABLE', (one) => (one.answer = except(EXPIRE_ALL, () => 'a'.repeat(200_000)))],
    [
      'floods with what nobody asked for',
      'UNREADABLE',
      (one) => (one.answer = except(EXPIRE_ALL, () => `Event: ${'n'.repeat(4_000)}\r\n\r\n`.repeat(400))),
    ],
    [
      'answers another action',
      'TIMEOUT',
      (one) => (one.answer = except(EXPIRE_ALL, () => 'Response: Success\r\n\r\n')),
    ],
  ])('has trouble with a peer that %s: %s', async (_, code, spoil) => {
    spoil(peer);
    node.start(true);
    expect(await troubled()).toBe(code);
    expect(await timeOf(() => node.forget([LOGIN]))).toBeLessThan(SHORT_MS);
    await eventually('another attempt', () => peer.connections > 1);
    await eventually('it being counted', async () => (await counted('failures_total')) > 1, { timeoutMs: 15_000 });
    const { message, fields } = lines[0] ?? {};
    expect(lines).toHaveLength(1);
    expect(message).toContain('cannot be told');
    expect(fields).toMatchObject({ node: node.name, reason: code });
    expect(JSON.stringify(lines)).not.toContain(CREDENTIALS.password);
  });

  it('tries seldom where the login is refused, as a site may shut out an address that is refused often', async () => {
    peer.answer = except('Login', refusing('Authentication failed'));
    node.start(true);
    expect(await troubled()).toBe('LOGIN_REFUSED');
    await staysTrue('one attempt', () => peer.connections === 1, 2_000);
  });

  it('waits once for a peer that falls silent, and no more until it answers again', async () => {
    await started();
    peer.answer = silent;
    const first = await timeOf(() => node.forget([LOGIN]));
    expect(first).toBeGreaterThan(200);
    expect(first).toBeLessThan(SHORT_MS);
    for (let n = 0; n < 5; n++) expect(await timeOf(() => node.forget([LOGIN]))).toBeLessThan(100);
    expect(await counted('late_total')).toBe(6);
    expect(await troubled()).toBe('TIMEOUT');
    peer.answer = obedient;
    await eventually('no trouble', () => node.trouble === undefined);
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('cannot be told'),
      expect.stringContaining('told of changed logins again'),
    ]);
    const before = peer.of(EXPIRE_OBJECT).length;
    await node.forget([LOGIN]);
    expect(peer.of(EXPIRE_OBJECT).length).toBeGreaterThan(before);
    expect(await counted('late_total')).toBe(6);
  });

  it('is not behind because a request had no time left to wait for it', async () => {
    await started();
    peer.answer = except(EXPIRE_OBJECT, (action, socket) => {
      setTimeout(() => socket.write(response(action, {})), 30);
      return undefined;
    });
    await runInContext(new RequestContext('no time', 0), () => node.forget([LOGIN]));
    expect(await counted('late_total')).toBe(1);
    await node.forget([LOGIN]);
    expect(await counted('late_total')).toBe(1);
  });

  it('expires all caches again in each new connection', async () => {
    await started();
    for (const socket of peer.sockets) socket.destroy();
    await eventually('all caches expired again', () => peer.of(EXPIRE_ALL).length === 6);
    expect(await counted('failures_total')).toBe(1);
  });

  it('keeps for the next connection what it could not tell, when it does not begin with all caches', async () => {
    peer.answer = except(EXPIRE_OBJECT, (_, socket) => void socket.destroy());
    await node.forget([LOGIN]);
    await node.flush(100);
    expect(node.isTold).toBe(false);
    peer.actions.length = 0;
    peer.answer = obedient;
    await eventually('it being told', () => node.isTold);
    expect(peer.of(EXPIRE_OBJECT).map(({ Object: id }) => id)).toEqual([ID, ID, ID]);
  });

  it('takes no list for the answer to an action that has none', async () => {
    await started();
    peer.answer = except(EXPIRE_OBJECT, (action) => response(action, { EventList: 'start' }));
    await node.forget([LOGIN]);
    await node.flush(1_500);
    expect(node.isTold).toBe(true);
  });

  it('is not told while the peer has not answered', async () => {
    peer.answer = except(EXPIRE_OBJECT, silent);
    await node.forget([LOGIN]);
    await node.flush(100);
    expect(node.isTold).toBe(false);
  });

  it('tells many changes at once, and closes in the middle of them', async () => {
    await started();
    const changes = Array.from({ length: 500 }, (_, n) => node.forget([{ auth: `auth ${n}` }]));
    await Promise.all(changes);
    const told = (): number => new Set(peer.of(EXPIRE_OBJECT).map(({ Object: id }) => id)).size;
    // A change waits for the node a short time only.
    await eventually('every object being told', () => told() >= 500);
    expect(told()).toBe(500);
    peer.answer = silent;
    const cut = node.forget([LOGIN]);
    await node.close();
    await cut;
    await eventually('the connection being closed', () => peer.sockets.size === 0);
  });

  describe('asked what it holds', () => {
    const expected = { endpointId: ID, authId: ID, aorId: ID, username: '2001', password: 'p' };

    it('answers with a failure when it is silent, endless or refuses', async () => {
      const list = response({ ActionID: 'rm3' }, { EventList: 'start' });
      const answers: Answer[] = [
        silent,
        (action) => response(action, { EventList: 'start' }),
        () => `${list}${'Event: AorDetail\r\nActionID: rm3\r\n\r\n'.repeat(3_000)}`,
        () => `${list}${`Event: AorDetail\r\nActionID: rm3\r\nX: ${'x'.repeat(16_000)}\r\n\r\n`.repeat(70)}`,
        refusing('Permission denied'),
      ];
      const codes: (string | undefined)[] = [];
      for (const answer of answers) {
        peer.answer = except('PJSIPShowEndpoint', answer);
        codes.push((await node.inspect(expected)).failure?.code);
      }
      expect(codes).toEqual(['TIMEOUT', 'TIMEOUT', 'UNREADABLE', 'UNREADABLE', 'NO_PRIVILEGE']);
    });

    it('knows no endpoint with a name that no action can carry', async () => {
      expect(await node.inspect({ ...expected, endpointId: 'a\r\nb' })).toEqual({ node: node.name });
      expect(peer.connections).toBe(0);
    });
  });
});
