import type { INestApplicationContext } from '@nestjs/common';
import { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface';
import { NestFactory } from '@nestjs/core';
import { CliModule } from './cli.module';
import { Cache } from '../platform/cache/cache';
import type { Config } from '../platform/config/config';
import type { Database } from '../platform/database/source/database';
import { AsteriskDatabase, BinDatabase } from '../platform/database/source/databases';
import { maskDsn } from '../platform/database/source/dsn';
import { describeDatabaseError } from '../platform/database/mysql-errors';
import { createDatabaseIfMissing } from '../platform/database/schema/database-creation';
import { Broker } from '../platform/messaging/broker';
import { Outbox } from '../platform/messaging/outbox/outbox';
import { OutboxRepository } from '../platform/messaging/outbox/outbox.repository';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { withTimeout } from '../platform/observability/timeout';
import { Unreachable } from './terminal/exit-code';
import type { Needs } from './terminal/session';

const DATABASE_TIMEOUT_MS = 2_000;
const BROKER_TIMEOUT_MS = 2_000;
const REDIS_TIMEOUT_MS = 700;
const LOOK_EVERY_MS = 10;
const FLUSH_TIMEOUT_MS = 4_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** A connection that never came about is not worth waiting for. */
const ABANDON_TIMEOUT_MS = 100;

export async function startContext(config: Config): Promise<INestApplicationContext> {
  const options = Object.assign(new NestApplicationContextOptions(), { logger: false, abortOnError: false } as const);
  return NestFactory.createApplicationContext(CliModule.forRoot(config), options);
}

/** Waits for everything at once, each a bounded time. What is needed and missing, and in words what is only missed. */
export async function connect(
  context: INestApplicationContext,
  config: Config,
  needs: Needs,
): Promise<(Unreachable | string)[]> {
  const dsns = { bin: config.databaseDsnBin, asterisk: config.databaseDsnAsterisk };
  const databases = { bin: context.get(BinDatabase), asterisk: context.get(AsteriskDatabase) };
  const found = await Promise.all([
    ...needs.databases.map((name) => openDatabase(databases[name], dsns[name], needs.createsDatabases === true)),
    ...(needs.broker ? [awaitBroker(context.get(Broker), config)] : []),
  ]);
  const missing = found.filter((problem) => problem !== undefined);
  if (!needs.databases.includes('bin') || (missing.length > 0 && needs.isTolerant !== true)) return missing;
  const redis = await awaitRedis(context, config);
  return redis === undefined ? missing : [...missing, redis];
}

/** Before the end: events out, compensations done, connections closed. Never waits without end. */
export async function finish(context: INestApplicationContext): Promise<void> {
  await context.get(WorkInProgress).settle(FLUSH_TIMEOUT_MS);
  await context.get(Outbox).flush(FLUSH_TIMEOUT_MS);
  context.get(Broker).release();
  const timeoutMs = context.get(Broker).connected ? CLOSE_TIMEOUT_MS : ABANDON_TIMEOUT_MS;
  await withTimeout(() => context.close(), timeoutMs).catch(() => undefined);
}

async function openDatabase(database: Database, dsn: string, creates: boolean): Promise<Unreachable | undefined> {
  const open = async (): Promise<void> => {
    if (creates) await createDatabaseIfMissing(await database.address());
    await database.connect();
  };
  try {
    await withTimeout(open, DATABASE_TIMEOUT_MS);
    return undefined;
  } catch (error) {
    const reason =
      error instanceof Error && error.name === 'TimeoutError' ? error.message : describeDatabaseError(error);
    return new Unreachable(database.name, `The ${database.name} database ${maskDsn(dsn)}`, reason, error);
  }
}

/** A broker that says no is not waited for. */
async function awaitBroker(broker: Broker, config: Config): Promise<Unreachable | undefined> {
  const isDecided = (): boolean => broker.connected || broker.reason?.isRefusal === true;
  if ((await comesTrue(isDecided, BROKER_TIMEOUT_MS)) && broker.connected) return undefined;
  const { host } = new URL(config.rabbitmqAddress);
  const reason = broker.reason?.text ?? `no answer within ${BROKER_TIMEOUT_MS} ms`;
  return new Unreachable('broker', `The RabbitMQ broker ${host}`, reason);
}

/** Without Redis all goes on; what it should forget is told to it by the service. */
async function awaitRedis(context: INestApplicationContext, config: Config): Promise<string | undefined> {
  const cache = context.get(Cache);
  cache.start(() => context.get(OutboxRepository).pendingCacheKeys());
  if (await comesTrue(() => cache.isUp, REDIS_TIMEOUT_MS)) return undefined;
  const trouble = await cache.trouble();
  if (trouble === undefined) return 'Redis is not used: the bin database does not tell what it must forget first.';
  return `Redis at ${config.redisHost}:${config.redisPort} cannot be reached (${trouble}); going on without it.`;
}

async function comesTrue(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}
