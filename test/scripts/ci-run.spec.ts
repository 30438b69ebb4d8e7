import { spawnSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, temporaryFolder } from './run';

interface Leg {
  readonly line: string;
  readonly code: number;
}

const GOOD: Leg = { line: '10 passed, 0 failed', code: 0 };
/** On the Node that is installed. */
const INSTALLED: Leg = { line: '5 passed, 0 failed', code: 0 };
const SUMMARY = /^\d+ passed, \d+ failed$/;

interface Circumstances {
  /** Exit codes. */
  readonly verify?: number;
  readonly setup?: number;
  readonly stack?: number;
  readonly fetch?: number;
  readonly args?: readonly string[];
}

/** `.ci/run` with an npm and an npx that only say how their leg ended. */
async function runCi(
  on24: Leg,
  on20: Leg,
  { verify = 0, setup = 0, stack = 0, fetch = 0, args = [] }: Circumstances = {},
): Promise<{ code: number | null; lines: string[] }> {
  const { dir, remove } = await temporaryFolder();
  const program = (name: string, cases: string): Promise<void> =>
    writeFile(join(dir, 'bin', name), `#!/bin/sh\ncase "$*" in\n${cases}\nesac\n`, { mode: 0o755 });
  const end = ({ line, code }: Leg): string => `echo "${line}"; exit ${code};;`;
  try {
    for (const folder of ['.ci', 'scripts', 'bin']) await mkdir(join(dir, folder));
    await cp(join(root, '.ci', 'run'), join(dir, '.ci', 'run'));
    for (const [script, code] of Object.entries({ setup, stack })) {
      await writeFile(join(dir, 'scripts', `${script}.mjs`), `process.exit(${code});`);
    }
    await program('npm', `  "run verify") exit ${verify};;\n  test*) ${end(INSTALLED)}`);
    await program('npx', `  *--version) exit ${fetch};;\n  *node@20*) ${end(on20)}\n  *node@24*) ${end(on24)}`);
    const { status, stdout } = spawnSync('bash', [join(dir, '.ci', 'run'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}` },
    });
    return { code: status, lines: stdout.trimEnd().split('\n') };
  } finally {
    await remove();
  }
}

it('adds up the numbers of both Nodes in its one last line', async () => {
  const { code, lines } = await runCi(GOOD, { line: '7 passed, 0 failed', code: 0 });
  expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: '17 passed, 0 failed' });
  expect(lines.filter((line) => SUMMARY.test(line))).toHaveLength(1);
});

it.each([
  ['tests fail', { line: '9 passed, 1 failed', code: 1 }, '19 passed, 1 failed'],
  ['nothing ran', { line: 'npm error: no such version', code: 1 }, '10 passed, 1 failed'],
  ['something else fails', { ...GOOD, code: 1 }, '20 passed, 1 failed'],
])('fails in exit code and last line when on any Node %s', async (_, bad, last) => {
  const runs: readonly (readonly [Leg, Leg])[] = [
    [bad, GOOD],
    [GOOD, bad],
  ];
  for (const legs of runs) {
    const { code, lines } = await runCi(...legs);
    expect({ code, last: lines.at(-1) }).toEqual({ code: 1, last });
  }
});

it.each([
  ['counts a failed verify as a failure', { verify: 1 }, 1, '20 passed, 1 failed'],
  ['counts a failed preparation as a failure, and runs the tests nevertheless', { setup: 1 }, 1, '10 passed, 1 failed'],
  [
    'runs the tests on the installed Node when another cannot be had, as a failure',
    { fetch: 1 },
    1,
    '5 passed, 1 failed',
  ],
  ['lets each run start its own servers when the common ones do not start', { stack: 1 }, 0, '20 passed, 0 failed'],
  ['runs only the tests that it is told, on the newest Node', { args: ['test/e2e'] }, 0, '10 passed, 0 failed'],
] as const)('%s', async (_, circumstances, expected, last) => {
  const { code, lines } = await runCi(GOOD, GOOD, circumstances);
  expect({ code, last: lines.at(-1) }).toEqual({ code: expected, last });
});
