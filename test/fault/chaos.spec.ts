import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

const PROGRAM = resolve(__dirname, '../../scripts/soak.mjs');
const ENOUGH_REQUESTS = 300;

interface Account {
  readonly requests: number;
  readonly answers: Record<string, number>;
  readonly eventsExpected: number;
  readonly eventsSeen: number;
  readonly slowestAnswerMs: number;
  readonly broken: readonly string[];
}

function soak(...args: string[]): Promise<{ code: number; account: Account }> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [PROGRAM, '--json', ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0;
      if (stdout === '') fail(new Error(`the soak ended with ${code}:\n${stderr.slice(-4_000)}`));
      else done({ code, account: JSON.parse(stdout) as Account });
    });
  });
}

describe('everything at once', () => {
  it('a minute of kills, outages, cuts and locks under 20 callers breaks no promise', async () => {
    // With this seed, each kind of disturbance comes once, if the minute is long enough for all.
    const { code, account } = await soak('--minutes', '1', '--seed', '1843', '--replicas', '1', '--pause', '500');
    expect(account.broken).toEqual([]);
    expect(code).toBe(0);
    // Otherwise there was no load that could have gone wrong.
    expect(account.answers['200']).toBeGreaterThan(ENOUGH_REQUESTS);
    expect(account.eventsSeen).toBeGreaterThanOrEqual(account.eventsExpected);
  }, 400_000);
});
