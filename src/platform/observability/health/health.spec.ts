import { type INestApplication } from '@nestjs/common';
import { HealthCheckService } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { LoggingModule } from '../log/logging.module';
import { HealthModule } from './health.module';
import { HealthRegistry } from './health-registry';

const CANARY = 'hunter2canary';
const lines: string[] = [];
let app: INestApplication;
let registry: HealthRegistry;
let url: string;

beforeEach(async () => {
  lines.length = 0;
  const destination = { write: (line: string) => void lines.push(line) };
  const module = await Test.createTestingModule({
    imports: [LoggingModule.forRoot({ logLevel: 'info' }, destination), HealthModule],
  }).compile();
  app = module.createNestApplication();
  app.useLogger(false);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  registry = app.get(HealthRegistry);
});
afterEach(() => app.close());

async function get(path: string): Promise<[number, Record<string, unknown>, string]> {
  const reply = await fetch(`${url}${path}`);
  const text = await reply.text();
  return [reply.status, JSON.parse(text) as Record<string, unknown>, text];
}
const statusOf = async (path: string): Promise<number> => (await get(path))[0];
const fine = (): Promise<void> => Promise.resolve();
const broken = (): Promise<void> =>
  Promise.reject(
    Object.assign(new Error(`access denied for ${CANARY}`), { code: 'ER_ACCESS_DENIED_ERROR', sqlState: '28000' }),
  );

it('is alive from the first moment, ready and started only once marked', async () => {
  expect([await statusOf('/health'), await statusOf('/health/live')]).toEqual([200, 200]);
  expect([await statusOf('/health/ready'), await statusOf('/health/startup')]).toEqual([503, 503]);
  registry.markStarted();
  expect([await statusOf('/health/ready'), await statusOf('/health/startup')]).toEqual([200, 200]);
  expect(await statusOf('/health/other')).toBe(404);
});

it('is unready without a required dependency, and stays alive', async () => {
  registry.markStarted();
  registry.register({ name: 'database bin', kind: 'required', check: broken });
  registry.register({ name: 'broker', kind: 'required', check: fine });
  const [status, body, text] = await get('/health/ready');
  expect(status).toBe(503);
  expect(body).toMatchObject({
    status: 'error',
    info: { broker: { status: 'up' }, service: { phase: 'running' } },
    error: { 'database bin': { status: 'down', required: true, reason: 'ER_ACCESS_DENIED_ERROR' } },
  });
  expect(text).not.toContain(CANARY);
  expect(await statusOf('/health')).toBe(200);
});

it('stays ready without a degrading one, and says so', async () => {
  registry.markStarted();
  registry.register({ name: 'redis', kind: 'degrading', check: broken });
  const [status, body] = await get('/health/ready');
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: 'ok', details: { redis: { status: 'down', required: false } } });
});

it('waits a second for a hanging check and starts it only once', async () => {
  registry.markStarted();
  const check = jest.fn(() => new Promise<void>(() => undefined));
  registry.register({ name: 'slow', kind: 'required', check });
  const started = performance.now();
  const replies = await Promise.all([get('/health/ready'), get('/health/ready')]);
  expect(performance.now() - started).toBeLessThan(2_500);
  for (const [status, body] of replies) {
    expect(status).toBe(503);
    expect(body).toMatchObject({ error: { slow: { reason: 'timeout' } } });
  }
  expect(check).toHaveBeenCalledTimes(1);
});

it('asks again after a failure, also one that was thrown', async () => {
  registry.markStarted();
  const check = jest.fn(fine).mockImplementationOnce(() => {
    throw new Error('x');
  });
  registry.register({ name: 'flaky', kind: 'required', check });
  expect([await statusOf('/health/ready'), await statusOf('/health/ready')]).toEqual([503, 200]);
});

it('is dead only when a liveness probe says so', async () => {
  registry.registerLiveness({ name: 'consumers', check: broken });
  expect([await statusOf('/health'), await statusOf('/health/live')]).toEqual([503, 503]);
});

it('drains: unready, alive, and never ready again', async () => {
  registry.markStarted();
  registry.markDraining();
  registry.markStarted();
  expect([await statusOf('/health/ready'), await statusOf('/health/live'), await statusOf('/health/startup')]).toEqual([
    503, 200, 200,
  ]);
});

it('stays alive while Nest shuts down', async () => {
  registry.markStarted();
  const checks: object = app.get(HealthCheckService);
  (
    checks as { healthCheckExecutor: { beforeApplicationShutdown(): void } }
  ).healthCheckExecutor.beforeApplicationShutdown();
  const [status, body] = await get('/health/live');
  expect([status, body['status']]).toEqual([200, 'ok']);
});

it('logs a probe when it changes, not at each question, and without what the error quotes', async () => {
  registry.markStarted();
  const check = jest.fn(broken);
  registry.register({ name: 'database bin', kind: 'required', check });
  await get('/health/ready');
  await get('/health/ready');
  check.mockImplementation(fine);
  await get('/health/ready');
  await get('/health/ready');
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
    'health probe failed',
    'health probe recovered',
  ]);
  expect(lines.join('')).not.toContain(CANARY);
});
