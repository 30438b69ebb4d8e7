import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { eventually } from '../support/conditions';
import { PARKED_QUEUE } from '../support/events';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';
import { Control, control, onTerminal, operatorsOwn, result, type Ended } from './control';

interface Summary {
  readonly total: number;
  readonly created: number;
  readonly skipped: number;
  readonly failed: number;
  readonly left: number;
  readonly generated_passwords: number;
}

const world = withWorld();
const environment = (): Record<string, string> => operatorsOwn(world().environment());
const run = (...args: string[]): Promise<Ended> => control(args, { environment: environment() });
const done = <T>(...args: string[]): Promise<T> => result<T>(args, { environment: environment() });
const alive = (customerId: string): Promise<number> =>
  world().bin.count('registrar_extensions', 'domain_name = ? AND tm_delete IS NULL', [customerId]);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'registrar-control-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('extension import and export', () => {
  it('lists every bad row with its reason, and imports nothing', async () => {
    const customerId = freshId();
    const path = file(
      'bad.csv',
      [
        'customer_id,extension,password',
        `${customerId},2001,pw`,
        `${customerId},2001,pw`,
        `${customerId},bad one,canary`,
        'canary,2002,pw',
        `${customerId},Desk,pw`,
        `${customerId},desk,pw`,
      ].join('\n'),
    );
    const { code, stdout, stderr } = await run('extension', 'import', path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('line 3: the number is already used on line 2');
    expect(stderr).toContain('line 4: extension must hold only');
    expect(stderr).toContain('line 5: customer_id must be a uuid');
    expect(stderr).toContain('line 7: the number is already used on line 6');
    expect(stderr).not.toContain('canary');
    expect(await alive(customerId)).toBe(0);
  });

  it('changes nothing in a dry run, creates all, passes over what is there, and comes out as it went in', async () => {
    const [from, to] = [freshId(), freshId()];
    const rows = Array.from({ length: 12 }, (_, index) => ({
      extension: String(3000 + index),
      username: `user${index}`,
      password: index % 2 === 0 ? `p,"${index}` : '',
      name: `Ünï ${index}`,
    }));
    const path = file('good.json', JSON.stringify(rows));
    const args = ['extension', 'import', path, '--customer-id', from];
    expect(await done(...args, '--dry-run')).toEqual({ total: 12, valid: 12, generated_passwords: 6 });
    expect(await alive(from)).toBe(0);
    expect(await done<Summary>(...args)).toMatchObject({ created: 12, skipped: 0, left: 0, generated_passwords: 6 });
    expect(await done<Summary>(...args)).toMatchObject({ created: 0, skipped: 12, left: 0 });
    expect(await alive(from)).toBe(12);
    const exported = join(folder, 'out.csv');
    expect((await run('extension', 'export', exported, '--customer-id', from)).code).toBe(0);
    expect(statSync(exported).mode & 0o777).toBe(0o600);
    const moved = file('moved.csv', readFileSync(exported, 'utf8').replaceAll(from, to));
    expect(await done<Summary>('extension', 'import', moved)).toMatchObject({ created: 12, generated_passwords: 0 });
    const columns = 'extension, username, password, name, detail';
    const of = (customerId: string): Promise<unknown[]> =>
      world().bin.rows(`SELECT ${columns} FROM registrar_extensions WHERE domain_name = ? ORDER BY extension`, [
        customerId,
      ]);
    expect(await of(to)).toEqual(await of(from));
  });

  it('goes on where it was interrupted, with nothing half-made', async () => {
    const customerId = freshId();
    const rows = Array.from({ length: 150 }, (_, index) => `${customerId},${4000 + index}`);
    const path = file('many.csv', ['customer_id,extension', ...rows].join('\n'));
    const first = new Control(['extension', 'import', path, '--concurrency', '2'], { environment: environment() });
    await eventually('some of the rows', async () => (await alive(customerId)) > 5, {
      timeoutMs: 30_000,
      intervalMs: 5,
    });
    first.signal('SIGINT');
    const interrupted = await first.ended();
    expect(interrupted.code).toBe(1);
    expect(interrupted.stderr).toContain('interrupted');
    const { created, left } = JSON.parse(interrupted.stdout) as Summary;
    expect(left).toBeGreaterThan(0);
    expect(await alive(customerId)).toBe(created);
    expect(await world().asterisk.count('ps_endpoints', 'id LIKE ?', [`%@${customerId}.%`])).toBe(created);
    expect(await done<Summary>('extension', 'import', path, '--concurrency', '8')).toMatchObject({
      created: left,
      skipped: created,
    });
    expect(await alive(customerId)).toBe(150);
  });

  it('shows how far it is on a terminal', async () => {
    const path = file('bar.csv', ['extension', '5001', '5002'].join('\n'));
    const { code, screen } = await onTerminal(['extension', 'import', path, '--customer-id', freshId()], environment());
    expect(code).toBe(0);
    expect(screen).toMatch(/2\/2 {2}[\d.]+\/s {2}0 s left/);
    expect(screen).toContain('2 created');
  });

  it('reports a limit as a refused row', async () => {
    const customerId = freshId();
    world().billing.behaveFor(customerId, () => ({
      status_code: 200,
      data_type: 'application/json',
      data: { valid: false },
    }));
    const path = file('limit.csv', `customer_id,extension\n${customerId},6001`);
    const { code, stdout } = await run('extension', 'import', path);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      failed: 1,
      failures: [{ at: 'line 2', reason: expect.stringContaining('plan') as string }],
    });
  });
});

describe('reconcile', () => {
  it('tells of a lost login in a dry run, and brings it back', async () => {
    const args = ['extension', 'create', '--customer-id', freshId(), '--username', '2001', '--generate-password'];
    const { endpoint_id: endpoint } = await done<{ endpoint_id: string }>(...args);
    await world().asterisk.run('DELETE FROM ps_endpoints WHERE id = ?', [endpoint]);
    const count = (): Promise<number> => world().asterisk.count('ps_endpoints', 'id = ?', [endpoint]);
    const dry = await run('reconcile', '--dry-run');
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, failed: 0 });
    expect(dry.stderr).toMatch(/login missing|login differs/);
    expect(await count()).toBe(0);
    expect((await run('reconcile')).code).toBe(0);
    expect(await count()).toBe(1);
  });
});

describe('schema', () => {
  it('tells defaults that the tables do not take, here and in doctor, and creates nothing with them', async () => {
    const mistyped = { ...environment(), ASTERISK_ENDPOINT_DEFAULTS: 'context=phones; ps_endpoints.contxt=phones' };
    const problem = 'ASTERISK_ENDPOINT_DEFAULTS: ps_endpoints.contxt is no column of the table';
    const verified = await control(['schema', 'verify'], { environment: mistyped });
    expect({ code: verified.code, stdout: verified.stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining(problem) as string,
    });
    const seen = await control(['doctor', '--format', 'table'], { environment: mistyped });
    expect(seen.stdout).toMatch(new RegExp(`^FAIL {2}schema asterisk +${problem}`, 'm'));
    const words = [
      'extension',
      'create',
      '--customer-id',
      freshId(),
      '--extension-number',
      '5',
      '--password',
      'first-1',
    ];
    const refused = await control(words, { environment: mistyped });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('schema verify');
  });

  it('verifies, and applies what is missing', async () => {
    expect((await run('schema', 'verify')).code).toBe(0);
    await world().bin.run('ALTER TABLE registrar_outbox RENAME TO set_aside');
    try {
      const lacking = await run('schema', 'verify');
      expect(lacking.code).toBe(1);
      expect(lacking.stdout).toContain('CREATE TABLE registrar_outbox');
      expect((await run('schema', 'apply')).code).toBe(0);
      expect((await run('schema', 'verify')).code).toBe(0);
    } finally {
      await world().bin.run('DROP TABLE IF EXISTS set_aside');
    }
  });
});

describe('events tail', () => {
  it('shows what is published, filtered, without passwords, until Ctrl-C', async () => {
    const customerId = freshId();
    const tail = new Control(['events', 'tail', '--customer-id', customerId, '--type', 'extension_created'], {
      environment: environment(),
    });
    await eventually('the tail listening', () => tail.stderr.includes('Listening'), { timeoutMs: 30_000 });
    const create = (owner: string): Promise<{ id: string; password: string }> =>
      done('extension', 'create', '--customer-id', owner, '--username', '2001', '--generate-password');
    await create(freshId());
    const { id, password } = await create(customerId);
    await done('extension', 'delete', '--id', id);
    await eventually('the event', () => tail.stdout.includes(id));
    tail.signal('SIGINT');
    const { code, stdout } = await tail.ended();
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      type: 'extension_created',
      publisher: 'registrar-control',
      data: { id },
    });
    expect(stdout).not.toContain(password);
  });
});

/** As the service leaves an event that has failed four times. */
async function park(data: Record<string, unknown>): Promise<void> {
  const connection = await connect(world().vhost.address);
  const channel = await connection.createConfirmChannel();
  const event = { type: 'customer_deleted', publisher: 'customer-manager', data_type: 'application/json', data };
  channel.sendToQueue(PARKED_QUEUE, Buffer.from(JSON.stringify(event)), { headers: { 'x-retry-count': 3 } });
  await channel.waitForConfirms();
  await connection.close();
}

describe('parked', () => {
  it('lists what is parked without taking it, and replays it', async () => {
    const customerId = freshId();
    await done('extension', 'create', '--customer-id', customerId, '--username', '2001', '--generate-password');
    await park({ id: customerId, email: 'canary@example.org' });
    for (let look = 0; look < 2; look += 1) {
      const listed = await run('parked', 'list');
      expect(JSON.parse(listed.stdout)).toMatchObject([
        { position: 1, type: 'customer_deleted', customer_id: customerId },
      ]);
      expect(listed.stdout).not.toContain('canary');
    }
    expect(await done('parked', 'replay')).toEqual({ replayed: 1 });
    await eventually('the cascade', async () => (await alive(customerId)) === 0);
    expect(await done('parked', 'list')).toEqual([]);
  });
});

describe('doctor', () => {
  it('has a green line for everything that is well', async () => {
    const { code, stdout, stderr } = await run('doctor');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const findings = JSON.parse(stdout) as { name: string; state: string }[];
    expect(findings.filter(({ state }) => state !== 'good')).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'database bin',
        'redis',
        'broker',
        'event exchange',
        'requests',
        'drift',
        'clock',
        'outbox',
      ]),
    );
  });

  it('has a red line with advice for what is not', async () => {
    const broken = {
      ...environment(),
      RABBITMQ_ADDRESS: 'amqp://guest:canary@127.0.0.1:1',
      REDIS_ADDRESS: '127.0.0.1:1',
    };
    const { code, stdout, stderr } = await control(['doctor', '--format', 'table'], { environment: broken });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^FAIL {2}broker .*\n {6}-> check RABBITMQ_ADDRESS/m);
    expect(stdout).toMatch(/^warn {2}redis /m);
    expect(stdout).toMatch(/^ok {4}database bin /m);
    expect(stdout + stderr).not.toContain('canary');
  });

  it('tells why a database is away, and does not blame Redis for it', async () => {
    const broken = { ...environment(), DATABASE_DSN_BIN: 'u:canary@tcp(127.0.0.1:1)/bin_manager' };
    const { code, stdout, stderr } = await control(['doctor', '--format', 'table'], { environment: broken });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^FAIL {2}database bin .*ECONNREFUSED.*\n {6}-> check DATABASE_DSN_BIN/m);
    expect(stdout).toMatch(/^warn {2}redis +answers, but is not used/m);
    expect(stdout + stderr).not.toContain('canary');
  });
});
