import type { INestApplicationContext } from '@nestjs/common';
import { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface';
import { NestFactory } from '@nestjs/core';
import { AsteriskNodes } from '../asterisk/ami/asterisk-nodes';
import { AsteriskService } from '../asterisk/asterisk.service';
import { ContactService } from '../contact/contact.service';
import { DiagnosisService } from '../diagnosis/diagnosis.service';
import { ExtensionReader } from '../extension/extension.reader';
import { ExtensionWriter } from '../extension/extension.writer';
import { Cache } from '../platform/cache/cache';
import { type Config, loadConfig, readProcess } from '../platform/config/config';
import { describeDatabaseError } from '../platform/database/mysql-errors';
import { createDatabaseIfMissing } from '../platform/database/schema/database-creation';
import { SchemaApplier } from '../platform/database/schema/schema.service';
import type { Database } from '../platform/database/source/database';
import { AsteriskDatabase, BinDatabase } from '../platform/database/source/databases';
import { maskDsn } from '../platform/database/source/dsn';
import { Broker } from '../platform/messaging/broker';
import { ParkedEvents } from '../platform/messaging/events/parked-events';
import { Outbox } from '../platform/messaging/outbox/outbox';
import { OutboxRepository } from '../platform/messaging/outbox/outbox.repository';
import { WorkInProgress } from '../platform/messaging/work-in-progress';
import { withTimeout } from '../platform/observability/timeout';
import { ReconcileService } from '../reconcile/reconcile.service';
import { TrunkMatch } from '../reconcile/trunk.match';
import { TrunkReader } from '../trunk/trunk.reader';
import { TrunkWriter } from '../trunk/trunk.writer';
import { CliModule } from './cli.module';
import { EventTail } from './commands/event-tail';
import type { Needs } from './needs';
import { Unreachable } from './terminal/exit-code';
import type { Terminal } from './terminal/terminal';

const DATABASE_TIMEOUT_MS = 2_000;
const BROKER_TIMEOUT_MS = 2_000;
const REDIS_TIMEOUT_MS = 700;
const LOOK_EVERY_MS = 10;
const FLUSH_TIMEOUT_MS = 4_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** Used instead when the broker was never connected. */
const ABANDON_TIMEOUT_MS = 100;

export type Services = ReturnType<typeof servicesOf> & {
  /** The dependencies that did not answer; empty unless the command is tolerant. */
  readonly unreachable: readonly Unreachable[];
};

function servicesOf(context: INestApplicationContext) {
  const get = <T>(type: abstract new (...args: never[]) => T): T => context.get(type, { strict: false });
  return {
    extensions: { reader: get(ExtensionReader), writer: get(ExtensionWriter) },
    trunks: { reader: get(TrunkReader), writer: get(TrunkWriter), match: get(TrunkMatch) },
    contacts: get(ContactService),
    asterisk: get(AsteriskService),
    nodes: get(AsteriskNodes),
    reconcile: get(ReconcileService),
    diagnosis: get(DiagnosisService),
    databases: { bin: get(BinDatabase), asterisk: get(AsteriskDatabase) },
    schema: get(SchemaApplier),
    cache: get(Cache),
    broker: get(Broker),
    outbox: get(Outbox),
    parked: get(ParkedEvents),
    events: get(EventTail),
  };
}

/** Starts the modules of the service. `connect` opens the connections that a command needs. */
export async function start(configFlags: ReadonlyMap<string, string>, terminal: Terminal) {
  const argv = [...configFlags].map(([name, value]) => `--${name.toLowerCase()}=${value}`);
  // A command logs failures only; it prints its messages itself.
  const level = terminal.showsErrors ? 'error' : 'warning';
  const config = loadConfig({ ...readProcess(), argv, defaults: { LOG_LEVEL: level } });
  const quiet = Object.assign(new NestApplicationContextOptions(), { logger: false, abortOnError: false } as const);
  const context = await NestFactory.createApplicationContext(CliModule.forRoot(config), quiet);
  const services = servicesOf(context);
  return {
    connect: async (needs: Needs): Promise<Services> => {
      const unreachable = await connectAll(services, config, needs);
      const [first] = unreachable;
      if (first !== undefined && needs.isTolerant !== true) throw first;
      if (needs.databases.includes('bin')) await startCache(context, services.cache, config, terminal);
      return { ...services, unreachable };
    },
    finish: () => finish(context, services, terminal),
  };
}

/** Waits for all required dependencies in parallel, each with a time limit. Resolves to those that do not answer. */
async function connectAll(
  { databases, broker }: ReturnType<typeof servicesOf>,
  config: Config,
  needs: Needs,
): Promise<Unreachable[]> {
  const dsns = { bin: config.databaseDsnBin, asterisk: config.databaseDsnAsterisk };
  const found = await Promise.all([
    ...needs.databases.map((name) => openDatabase(databases[name], dsns[name], needs.createsDatabases === true)),
    ...(needs.broker ? [awaitBroker(broker, config)] : []),
  ]);
  return found.filter((problem) => problem !== undefined);
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

/** Stops waiting as soon as the broker refuses the connection. */
async function awaitBroker(broker: Broker, config: Config): Promise<Unreachable | undefined> {
  const isDecided = (): boolean => broker.connected || broker.reason?.isRefusal === true;
  if ((await comesTrue(isDecided, BROKER_TIMEOUT_MS)) && broker.connected) return undefined;
  const { host } = new URL(config.rabbitmqAddress);
  const reason = broker.reason?.text ?? `no answer within ${BROKER_TIMEOUT_MS} ms`;
  return new Unreachable('broker', `The RabbitMQ broker ${host}`, reason);
}

/** A command continues without Redis; the service drops the stale cache keys later. */
async function startCache(
  context: INestApplicationContext,
  cache: Cache,
  config: Config,
  terminal: Terminal,
): Promise<void> {
  cache.start(() => context.get(OutboxRepository, { strict: false }).pendingCacheKeys());
  if (await comesTrue(() => cache.isUp, REDIS_TIMEOUT_MS)) return;
  const trouble = await cache.trouble();
  terminal.warn(
    trouble === undefined
      ? 'Redis is not used: the bin database does not say which cache keys are stale.'
      : `Redis at ${config.redisHost}:${config.redisPort} cannot be reached (${trouble}); going on without it.`,
  );
}

async function comesTrue(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}

/** Ends background work, sends events, closes connections; each step has a time limit. */
async function finish(
  context: INestApplicationContext,
  { outbox, broker, nodes }: ReturnType<typeof servicesOf>,
  terminal: Terminal,
): Promise<void> {
  await context.get(WorkInProgress, { strict: false }).settle(FLUSH_TIMEOUT_MS);
  for (const { name, trouble } of nodes.notTold) {
    const reason = trouble?.message ?? 'it did not answer in time';
    terminal.warn(
      `Asterisk ${name} was not told to forget the old login (${reason}); registrar-control doctor says more.`,
    );
  }
  await outbox.flush(FLUSH_TIMEOUT_MS);
  broker.release();
  const timeoutMs = broker.connected ? CLOSE_TIMEOUT_MS : ABANDON_TIMEOUT_MS;
  await withTimeout(() => context.close(), timeoutMs).catch(() => undefined);
}
