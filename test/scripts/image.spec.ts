import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/platform/config/config';
import { root } from './run';

const read = (name: string): string => readFileSync(join(root, name), 'utf8');

describe('the image', () => {
  const dockerfile = read('Dockerfile');
  const finalStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

  it('is built in two stages from one pinned Node image', () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(images).toHaveLength(2);
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(/^node:24\.\d+\.\d+-bookworm-slim$/);
  });

  it('runs unprivileged, without development dependencies', () => {
    expect(finalStage).toMatch(/^USER node$/m);
    expect(finalStage).not.toMatch(/npm (ci|install)/);
    expect(dockerfile).toContain('npm prune --omit=dev');
  });

  // Deployments say `command: ./registrar-manager` and run /app/bin/registrar-control.
  it('has both programs in /app/bin, which is its working directory', () => {
    expect(finalStage).toMatch(/^WORKDIR \/app\/bin$/m);
    expect(finalStage).toMatch(/^COPY --from=build \/app\/bin \/app\/bin$/m);
    expect(finalStage).toMatch(/^ENTRYPOINT \[\]$/m);
    expect(finalStage).toMatch(/^CMD \["\.\/registrar-manager"\]$/m);
    const programs = [...dockerfile.matchAll(/exec node (?:--\S+ )*(\S+) "\$@"\\n' > (\S+)/g)];
    expect(programs.map(([, script, name]) => [name, script])).toEqual([
      ['bin/registrar-manager', '/app/dist/main.js'],
      ['bin/registrar-control', '/app/dist/cli.js'],
    ]);
    expect(dockerfile).toContain('chmod 755 bin/registrar-manager bin/registrar-control');
  });

  it('runs the service as the scripts do', () => {
    const script = "import('./scripts/service-process.mjs').then((given) => console.log(JSON.stringify(given)))";
    const given = JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })) as {
      NODE_FLAGS: string[];
      PROCESS_ENVIRONMENT: Record<string, string>;
    };
    for (const program of ['main', 'cli'])
      expect(dockerfile).toContain(`exec node ${given.NODE_FLAGS.join(' ')} /app/dist/${program}.js`);
    const environment = Object.entries(given.PROCESS_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
    expect(finalStage).toContain(`ENV NODE_ENV=production ${environment.join(' ')} NODE_COMPILE_CACHE=/app/compiled\n`);
    // Node keeps compiled code by user and by flags.
    const compiling = `USER node\nRUN node ${given.NODE_FLAGS.join(' ')} -e "require('/app/dist/app.module.js')"`;
    expect(finalStage).toContain(compiling);
    expect(finalStage).toContain(`node ${given.NODE_FLAGS.join(' ')} -e "require('/app/dist/cli/cli.module.js')"`);
    execFileSync(process.execPath, [...given.NODE_FLAGS, '-e', '']);
  });

  it('copies only what .dockerignore lets through, and no .env', () => {
    const allowed = read('.dockerignore').trim().split('\n');
    expect(allowed[0]).toBe('*');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) => names!.split(' '));
    expect(copied.length).toBeGreaterThan(0);
    for (const name of copied) expect(allowed).toContain(`!${name}`);
    expect(allowed).not.toContain('!.env');
  });
});

it('.env holds local defaults, nothing secret and nothing that switches a check off', () => {
  const names = [...read('.env').matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  expect(names).toContain('DOMAIN_NAME_EXTENSION');
  expect(names.filter((name) => /PASSWORD|DSN|ADDRESS|SECRET|TOKEN/.test(name!))).toEqual([]);
  const env = {
    DATABASE_DSN_BIN: 'a@tcp(127.0.0.1:1)/bin_manager',
    DATABASE_DSN_ASTERISK: 'a@tcp(127.0.0.1:1)/asterisk',
    RABBITMQ_ADDRESS: 'amqp://127.0.0.1:1',
    REDIS_ADDRESS: '127.0.0.1:1',
  };
  // As `node dist/main.js` reads it in a clone.
  expect(loadConfig({ argv: [], env, cwd: root })).toMatchObject({ resourceLimitCheck: true, directHash: true });
});

it('compose.yaml pins its images and listens on this machine only', () => {
  const compose = read('compose.yaml');
  const images = [...compose.matchAll(/image: (\S+)/g)].map(([, image]) => image);
  expect(images).toHaveLength(3);
  for (const image of images) expect(image).toMatch(/^(mysql:8|redis:7|rabbitmq:3)\.\d+\.\d+(-management)?$/);
  const published = [...compose.matchAll(/- (\S+):\d+$/gm)].map(([, address]) => address);
  expect(published).toHaveLength(4);
  for (const address of published) expect(address).toMatch(/^127\.0\.0\.1:\$\{/);
});
