import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from '../support/conditions';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';
import { Control, control, type Ended } from './control';

/** What the program may add to its own waiting of two seconds, on a machine that is busy with other tests. */
const PATIENCE_MS = 8_000;

const world = withWorld();

describe('a dependency is away', () => {
  /** Takes connections and never says a word: worse than a refusal. */
  let silent: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const silentPort = (): number => (silent.address() as AddressInfo).port;

  const listing = (): string[] => ['extension', 'list', '--customer-id', freshId()];
  const creating = (): string[] => ['trunk', 'create', '--customer-id', freshId(), '--domain', 'acme-away'];
  const without = (args: string[], broken: Record<string, string>): Promise<Ended> =>
    control(args, { environment: { ...world().environment(), ...broken } });

  it.each([
    ['bin database', listing, 'DATABASE_DSN_BIN', (port: number) => `u:canary@tcp(127.0.0.1:${port})/bin`],
    ['RabbitMQ broker', creating, 'RABBITMQ_ADDRESS', (port: number) => `amqp://u:canary@127.0.0.1:${port}`],
  ])('says that the %s cannot be reached, soon, and ends with 3', async (what, args, variable, address) => {
    for (const port of [1, silentPort()]) {
      const { code, stdout, stderr, elapsedMs } = await without(args(), { [variable]: address(port) });
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toContain(`The ${what}`);
      expect(stderr).toContain('cannot be reached');
      expect(stderr).not.toContain('canary');
      expect(elapsedMs).toBeLessThan(PATIENCE_MS);
    }
  });

  it('goes on without Redis, with a warning', async () => {
    for (const port of [1, silentPort()]) {
      const { code, stdout, stderr } = await without(listing(), { REDIS_ADDRESS: `127.0.0.1:${port}` });
      expect({ code, stdout }).toEqual({ code: 0, stdout: '[]\n' });
      expect(stderr).toMatch(/"severity":"WARNING","message":"Redis at .* cannot be reached/);
      expect(withoutLogLines(stderr)).toBe('');
    }
  });

  it('reads without the broker, which reading does not need', async () => {
    const { code, stdout } = await without(listing(), { RABBITMQ_ADDRESS: 'amqp://u:p@127.0.0.1:1' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '[]\n' });
  });

  it('never waits for a schema, and never changes one', async () => {
    await world().bin.run('CREATE DATABASE IF NOT EXISTS registrar_test_empty');
    try {
      const { user, password, host, port } = addressOf(world().bin.dsn());
      const empty = { DATABASE_DSN_BIN: `${user}:${password}@tcp(${host}:${port})/registrar_test_empty` };
      const { code, stderr } = await without(listing(), empty);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('schema apply') as string });
      const tables = await world().bin.rows(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = 'registrar_test_empty'",
      );
      expect(tables).toEqual([]);
    } finally {
      await world().bin.run('DROP DATABASE registrar_test_empty');
    }
  });
});

describe('secrets', () => {
  it('are neither in the list of processes nor in a log', async () => {
    const canary = 'canary-of-the-command-line';
    const customerId = freshId();
    let answer: (() => void) | undefined;
    let publisher: string | undefined;
    world().billing.behaveFor(customerId, (request) => {
      publisher = request.publisher;
      return new Promise(
        (resolve) =>
          (answer = () => resolve({ status_code: 200, data_type: 'application/json', data: { valid: true } })),
      );
    });
    const args = ['extension', 'create', '--customer-id', customerId, '--username', '2001', '--password', canary];
    const creating = new Control(args, { environment: { ...world().environment(), LOG_LEVEL: 'debug' } });
    // It waits for billing now: a moment in the middle of its work.
    await eventually('the question to billing', () => answer !== undefined, { timeoutMs: 30_000 });
    expect(readFileSync(`/proc/${creating.pid}/cmdline`, 'utf8')).toMatch(/^registrar-control/);
    expect(commandLines().filter((line) => line.includes(canary))).toEqual([]);
    answer?.();
    const { code, stdout, stderr } = await creating.ended();
    expect(code).toBe(0);
    expect(stdout).toContain(canary);
    expect(publisher).toBe('registrar-control');
    expect(stderr).not.toContain(canary);
  });

  it('leaves stdout to the result: what a caller filters from both streams is JSON', async () => {
    const args = ['extension', 'list', '--customer-id', freshId()];
    const { stdout, stderr } = await control(args, { environment: { ...world().environment(), LOG_LEVEL: 'debug' } });
    expect(JSON.parse(withoutLogLines(`${stderr}${stdout}`))).toEqual([]);
  });
});

/** As a program reads both streams that were made one. */
function withoutLogLines(output: string): string {
  return output
    .split('\n')
    .filter((line) => !(line.startsWith('{') && line.includes('"severity"')))
    .join('\n');
}

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

function addressOf(dsn: string): { user: string; password: string; host: string; port: string } {
  const [, user = '', password = '', host = '', port = ''] = /^([^:]*):(.*)@tcp\(([^:]+):(\d+)\)/.exec(dsn) ?? [];
  return { user, password, host, port };
}
