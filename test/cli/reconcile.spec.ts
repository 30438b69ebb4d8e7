import { getPriority, setPriority } from 'node:os';
import mysql from 'mysql2/promise';
import { backingServers } from '../support/environment';
import { eventually } from '../support/conditions';
import { withWorld } from '../support/with-world';
import { freshId } from '../support/world';
import { Control, control, operatorsOwn, result, type Ended } from './control';

const world = withWorld();
const environment = (): Record<string, string> => operatorsOwn(world().environment());
const run = (...args: string[]): Promise<Ended> => control(args, { environment: environment() });
const create = (): Promise<unknown> =>
  result(['extension', 'create', '--customer-id', freshId(), '--username', '2001', '--generate-password'], {
    environment: environment(),
  });
const extensionsOf = ({ stdout }: Ended): unknown => (JSON.parse(stdout) as { extensions: unknown }).extensions;

/** Starts a command that cannot read `ps_auths`, and does something to it before it can. */
async function held(args: string[], meanwhile: (command: Control) => Promise<void>): Promise<Ended> {
  const { sql } = backingServers();
  const holder = await mysql.createConnection({ ...sql, database: world().asterisk.name });
  try {
    await holder.query('LOCK TABLES ps_auths WRITE');
    const command = new Control(args, { environment: environment() });
    await meanwhile(command);
    await holder.query('UNLOCK TABLES');
    return await command.ended();
  } finally {
    await holder.end();
  }
}

const progress = (command: Control): Promise<unknown> =>
  eventually('two lines of progress', () => command.stderr.split('read ps_auths').length > 2, { timeoutMs: 60_000 });

it.each([[['reconcile', '--dry-run', '--from-start']], [['doctor']]])(
  'leaves the processor to callers: %s',
  async (args) => {
    await held(args, async ({ pid }) => {
      await eventually('a low priority', () => getPriority(pid) === 10, { timeoutMs: 60_000 });
    });
  },
);

it('stays at the priority it was started with when that is lower', async () => {
  const { code } = await held(['reconcile', '--dry-run', '--from-start'], async (command) => {
    setPriority(command.pid, 15);
    await progress(command);
    expect(getPriority(command.pid)).toBe(15);
  });
  expect(code).toBe(0);
});

it('tells its progress every few seconds in a pipe, and only there', async () => {
  await create();
  const ended = await held(['reconcile', '--dry-run', '--from-start'], async (command) => {
    await progress(command);
  });
  expect(ended.code).toBe(0);
  const lines = ended.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  const line = expect.stringMatching(/^Step 5 of \d+, read ps_auths: 0 rows of about \d+$/) as unknown;
  expect(lines).toContainEqual({ severity: 'INFO', message: line });
  expect(JSON.parse(ended.stdout)).toMatchObject({ dryRun: true, failed: 0 });
  const quiet = await held(['reconcile', '--dry-run', '--quiet'], async (command) => {
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(command.stderr).toBe('');
  });
  expect(quiet.code).toBe(0);
});

it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('goes on where it was after %s', async (signal) => {
  await run('reconcile', '--from-start');
  const before = extensionsOf(await run('reconcile', '--dry-run'));
  const ended = await held(['reconcile'], async (command) => {
    await progress(command);
    command.signal(signal);
    if (signal === 'SIGKILL') await command.ended();
  });
  expect(ended.code).not.toBe(0);
  expect(ended.stdout).toBe('');

  // A new record is after the place of none of the steps that are left, so only a run from the start counts it.
  await create();
  const dry = await run('reconcile', '--dry-run');
  expect([dry.code, extensionsOf(dry)]).toEqual([0, Number(before) + 1]);
  const continued = await run('reconcile');
  expect(continued.stderr).toContain('Going on with the run that was interrupted at ');
  expect([continued.code, extensionsOf(continued)]).toEqual([0, before]);
  const next = await run('reconcile');
  expect(next.stderr).not.toContain('Going on');
  expect(extensionsOf(next)).toBe(Number(before) + 1);
});
