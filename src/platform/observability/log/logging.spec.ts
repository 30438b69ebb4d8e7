import { Logger as NestLogger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Logger } from 'nestjs-pino';
import { QueryFailedError } from 'typeorm';
import { ServiceError } from '../../errors/service-error';
import { Log } from './logger';
import { createLog, LoggingModule } from './logging.module';
import { RequestContext, runInContext } from '../request-context';

const CANARY = 'hunter2canary';
const lines: string[] = [];
const destination = { write: (line: string) => void lines.push(line) };
const log = createLog({ logLevel: 'debug' }, destination);
const last = (): Record<string, unknown> => JSON.parse(lines.at(-1)!) as Record<string, unknown>;

beforeEach(() => {
  lines.length = 0;
});

function databaseError(): QueryFailedError {
  const driver = Object.assign(new Error(`Duplicate entry '${CANARY}' for key 'x'`), {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sqlState: '23000',
    sqlMessage: `Duplicate entry '${CANARY}'`,
    sql: `INSERT '${CANARY}'`,
  });
  return new QueryFailedError(`INSERT ${CANARY}`, [CANARY], driver);
}

describe('a log line', () => {
  it('is one line of JSON in the collector’s shape', () => {
    const before = Date.now();
    log.info('two\nlines', { extension: '1000', nested: { a: 1 } });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{"severity":"INFO","timestamp":\{"seconds":\d+,"nanos":\d+\},.*\}\n$/);
    expect(lines[0]!.trimEnd()).not.toContain('\n');
    const { timestamp, ...entry } = last() as { timestamp: { seconds: number; nanos: number } };
    expect(entry).toEqual({ severity: 'INFO', extension: '1000', nested: { a: 1 }, message: 'two\nlines' });
    expect(timestamp.seconds * 1000 + timestamp.nanos / 1e6).toBeGreaterThanOrEqual(before);
  });

  it.each([
    ['debug', 'DEBUG'],
    ['info', 'INFO'],
    ['warning', 'WARNING'],
    ['error', 'ERROR'],
    ['critical', 'CRITICAL'],
  ] as const)('of %s has severity %s', (method, severity) => {
    log[method]('x');
    expect(last()).toMatchObject({ severity, message: 'x' });
  });

  it('is left out below the level', () => {
    const quiet = createLog({ logLevel: 'warning' }, destination);
    quiet.info('x');
    quiet.debug('x');
    expect(lines).toHaveLength(0);
    quiet.warning('x');
    expect(lines).toHaveLength(1);
  });

  it('names the request it was written for', async () => {
    await runInContext(new RequestContext('req-1'), async () => {
      await Promise.resolve();
      log.info('x');
    });
    expect(last()).toMatchObject({ request_id: 'req-1' });
  });

  it('keeps its own keys when fields collide', () => {
    log.info('mine', { message: 'theirs', severity: 'x' });
    expect(last()).toMatchObject({ severity: 'INFO', message: 'mine', field_message: 'theirs', field_severity: 'x' });
  });

  it('shows an error with its code and frames', () => {
    const error = new ServiceError('UNAVAILABLE', 'UNAVAILABLE', 'down', { cause: databaseError() });
    log.error('request failed', { error });
    const logged = last()['error'] as Record<string, unknown>;
    expect(logged).toMatchObject({
      name: 'ServiceError',
      message: 'down',
      reason: 'UNAVAILABLE',
      cause: { name: 'QueryFailedError', code: 'ER_DUP_ENTRY', errno: 1062 },
    });
    expect(logged['stack']).toContainEqual(expect.stringMatching(/^at .*logging\.spec\.ts/));
  });
});

describe('a secret', () => {
  const parseError = (): Error => {
    try {
      return JSON.parse(CANARY) as Error;
    } catch (error) {
      return error as Error;
    }
  };

  it.each<[string, () => void]>([
    ['in a field', () => log.info('x', { password: CANARY, deep: [{ direct_hash: CANARY }] })],
    ['in a body', () => log.info('x', { data: `{"password":"${CANARY}"}` })],
    ['in the message', () => log.info(`amqp://u:${CANARY}@host`)],
    ['in a database error', () => log.error('x', { error: databaseError() })],
    [
      'in a message that repeats a database error',
      () => log.error(databaseError().message, { error: databaseError() }),
    ],
    ['in a driver error', () => log.error('x', { failure: databaseError().driverError })],
    ['in a list of errors', () => log.error('x', { errors: [databaseError()] })],
    ['in a parse error', () => log.error('x', { err: parseError() })],
  ])('%s does not reach the log', (_, write) => {
    write();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(CANARY);
  });
});

describe('LoggingModule', () => {
  it('provides the Log and writes what Nest logs, redacted', async () => {
    const module = await Test.createTestingModule({
      imports: [LoggingModule.forRoot({ logLevel: 'info' }, destination)],
    }).compile();
    module.get(Log).info('hello');
    expect(last()).toMatchObject({ severity: 'INFO', message: 'hello' });
    module.useLogger(module.get(Logger));
    const nest = new NestLogger('Some');
    const error = databaseError();
    for (const write of [
      () => nest.log(`amqp://u:${CANARY}@host up`),
      () => nest.error(error),
      () => nest.error(error.message, error.stack),
      () => nest.warn({ password: CANARY }),
    ]) {
      write();
      expect(lines.at(-1)).not.toContain(CANARY);
      expect(last()).toMatchObject({ context: 'Some' });
    }
    expect(lines).toHaveLength(5);
  });
});
