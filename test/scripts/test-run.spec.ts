import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyScripts, root, run, temporaryFolder, type Outcome } from './run';

/** So that a run finds no Asterisk and downloads none. */
const WITHOUT_SIP = { XDG_CACHE_HOME: '/dev/null', DOCKER_HOST: 'tcp://127.0.0.1:1' };

/** A small project around the real scripts, with the servers named from outside, so that only the running is tested. */
async function runTests(
  files: Record<string, string>,
  { args = [] }: { readonly args?: readonly string[] } = {},
): Promise<Outcome> {
  const { dir, remove } = await temporaryFolder();
  try {
    await copyScripts(dir);
    await mkdir(join(dir, 'src'));
    await mkdir(join(dir, 'dist'));
    await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
    await writeFile(join(dir, 'package.json'), '{"name":"sample","private":true}');
    await writeFile(join(dir, 'jest.config.mjs'), "export default { testMatch: ['**/*.spec.js'] };");
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    for (const built of ['main.js', '.built']) await writeFile(join(dir, 'dist', built), '');
    const addresses = {
      DATABASE_DSN_BIN: 'a@tcp(127.0.0.1:1)/bin_manager',
      DATABASE_DSN_ASTERISK: 'a@tcp(127.0.0.1:1)/asterisk',
      RABBITMQ_ADDRESS: 'amqp://127.0.0.1:1',
      REDIS_ADDRESS: '127.0.0.1:1',
    };
    return await run(join(dir, 'scripts', 'test.mjs'), [...args], {
      cwd: dir,
      env: { PATH: process.env['PATH'], TMPDIR: dir, ...WITHOUT_SIP, ...addresses },
    });
  } finally {
    await remove();
  }
}

const lastLine = ({ stdout }: Outcome): string | undefined => stdout.trimEnd().split('\n').at(-1);

describe('npm test', () => {
  it('ends with the numbers of the run', async () => {
    const outcome = await runTests({ 'good.spec.js': "test('a', () => {}); test('b', () => {});" });
    expect({ code: outcome.code, line: lastLine(outcome) }).toEqual({ code: 0, line: '2 passed, 0 failed' });
  });

  it('hands the addresses on to the tests', async () => {
    const outcome = await runTests({
      'good.spec.js': "test('a', () => expect(process.env.REDIS_ADDRESS).toBe('127.0.0.1:1'));",
    });
    expect(lastLine(outcome)).toBe('1 passed, 0 failed');
  });

  it('fails, says which and where to look when a test fails or a file does not load', async () => {
    const outcome = await runTests({
      'bad.spec.js': "test('a', () => {}); test('is wrong', () => { throw new Error('no'); });",
      'broken.spec.js': "require('./missing');",
    });
    expect({ code: outcome.code, line: lastLine(outcome) }).toEqual({ code: 1, line: '1 passed, 2 failed' });
    expect(outcome.stderr).toMatch(/What failed:[^]*bad\.spec\.js\n {4}is wrong/);
    expect(outcome.stderr).toContain('broken.spec.js');
    expect(outcome.stderr).toContain('Logs of the backing servers');
  });

  describe('where Asterisk and Kamailio cannot be had', () => {
    it('says why, and runs the other tests', async () => {
      const outcome = await runTests({ 'good.spec.js': "test('a', () => {});" });
      expect(outcome.stderr).toMatch(
        /The tests with a real Asterisk and a real Kamailio are skipped: .*no Docker engine/s,
      );
      expect({ code: outcome.code, line: lastLine(outcome) }).toEqual({ code: 0, line: '1 passed, 0 failed' });
    });

    it.each(['test', './test/asterisk/', 'test/asterisk/a.spec.js', '.'])(
      'asks for them when the arguments name %s',
      async (name) => {
        const files = { 'test/asterisk/a.spec.js': "test('a', () => {});" };
        expect((await runTests(files, { args: [name] })).stderr).toContain('are skipped');
      },
    );

    it('does not ask for them when the arguments name other tests', async () => {
      const files = { 'good.spec.js': "test('a', () => {});", 'other.spec.js': "test('b', () => {});" };
      const outcome = await runTests(files, { args: ['good.spec.js'] });
      expect(outcome.stderr).not.toContain('skipped');
      expect(lastLine(outcome)).toBe('1 passed, 0 failed');
    });
  });

  it('fails when no test ran', async () => {
    const outcome = await runTests({}, { args: ['package.json'] });
    expect({ code: outcome.code, line: lastLine(outcome) }).toEqual({ code: 1, line: '0 passed, 0 failed' });
  });
});
