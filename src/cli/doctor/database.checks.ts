import { LockRefused, tryHold } from '../../platform/database/lock/named-lock';
import { checkWrites } from '../../platform/database/source/write-check';
import { ServiceError } from '../../platform/errors/service-error';
import { faultsOf, joinSql } from '../../platform/database/schema/schema-report';
import type { Services } from '../services';
import { rethrowUnreachable, type Verdict } from './doctor.finding';

const WRITE_ADVICE: Readonly<Record<string, string>> = {
  READ_ONLY: 'SELECT @@global.read_only on that server: is it a replica, or did a fail-over end half way?',
  DENIED: 'grant SELECT, INSERT, UPDATE, DELETE on this database to the login of the DSN',
  DISK_FULL: "make room on the server's disk",
  REFUSED: "look up the error's number in the server's manual",
};
/** Times are compared across replicas and with what Asterisk writes. */
const CLOCK_TOLERANCE_SECONDS = 2;
const OUTBOX_AGE_SECONDS = 60;

export async function checkDatabase(services: Services, which: 'bin' | 'asterisk'): Promise<Verdict> {
  rethrowUnreachable(services, which);
  const database = services.databases[which];
  const rows = await database.read((manager) => manager.query<{ version: string }[]>('SELECT version() AS version'));
  const detail = `answers, version ${rows[0]?.version ?? 'unknown'}`;
  if (!database.isPlainForWantOfTls) return { state: 'good', detail };
  const advice = 'give the server a certificate, or write tls=false if that is meant';
  return { state: 'poor', detail: `${detail}, not encrypted: tls=preferred, and the server offers no TLS`, advice };
}

export async function checkDatabaseWrites(services: Services, which: 'bin' | 'asterisk'): Promise<Verdict> {
  try {
    await checkWrites(services.databases[which]);
    return { state: 'good', detail: 'are taken' };
  } catch (error) {
    const advice = error instanceof ServiceError ? WRITE_ADVICE[error.reason] : undefined;
    if (advice === undefined) throw error;
    return { state: 'bad', detail: (error as ServiceError).message, advice };
  }
}

/** Without named locks replicas do not know of each other. */
export async function checkLocks(services: Services): Promise<Verdict> {
  try {
    const lock = await tryHold(await services.databases.bin.address(), `doctor.${process.pid}`);
    await lock?.release();
    return { state: 'good', detail: 'are given' };
  } catch (error) {
    if (!(error instanceof LockRefused)) throw error;
    const advice = 'set DATABASE_MIGRATE=verify; each replica reconciles by itself, which is safe and more work';
    return { state: 'poor', detail: error.message, advice };
  }
}

export async function checkSchema(services: Services, which: 'bin' | 'asterisk'): Promise<Verdict> {
  const database = services.databases[which];
  await database.ping();
  const report = await services.schema.verify(database.dataSource, which);
  const { missing, duplicates, problems } = report;
  const required = missing.filter((step) => step.required).length;
  if (required > 0) {
    return { state: 'bad', detail: `${required} required steps are missing`, advice: 'registrar-control schema apply' };
  }
  const faults = faultsOf(report);
  if (faults.length > 0) {
    const sql = joinSql(faults).trim().replaceAll('\n', ' ');
    const advice = sql === '' ? 'registrar-control schema verify' : `have this SQL run: ${sql}`;
    return { state: 'bad', detail: faults.map(({ text }) => text).join('; '), advice };
  }
  if (duplicates.length > 0) {
    const advice = 'delete or rename all but one of each (schema verify lists them), then schema apply';
    return { state: 'bad', detail: `${duplicates.length} values are shared by living rows`, advice };
  }
  const lesser = missing.length + problems.length;
  if (lesser > 0) {
    return { state: 'poor', detail: `${lesser} lesser things are missing`, advice: 'registrar-control schema verify' };
  }
  return { state: 'good', detail: 'complete' };
}

export async function checkClock(services: Services): Promise<Verdict> {
  const startedAt = Date.now();
  const [row] = await services.databases.bin.read((manager) =>
    manager.query<{ now: number | string }[]>(
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', utc_timestamp(6)) AS now",
    ),
  );
  const ours = (startedAt + Date.now()) / 2;
  const offset = Math.abs(Number(row?.now ?? 0) / 1000 - ours) / 1000;
  if (offset <= CLOCK_TOLERANCE_SECONDS) {
    return { state: 'good', detail: `the database's is ${offset.toFixed(3)} s from this machine's` };
  }
  const advice = 'set both clocks by NTP; until then new changes may look older than old ones';
  return { state: 'bad', detail: `the database's is ${offset.toFixed(0)} s from this machine's`, advice };
}

export async function checkCache(services: Services): Promise<Verdict> {
  const cache = services.cache;
  if (cache.isUp) return { state: 'good', detail: 'answers' };
  const trouble = await cache.trouble();
  if (trouble === undefined) {
    const detail = 'answers, but is not used: the database does not tell what it must forget first';
    return { state: 'poor', detail, advice: 'mend the database first' };
  }
  const advice = 'mend Redis or check REDIS_ADDRESS; until then all reads go to the database';
  return { state: 'poor', detail: trouble, advice };
}

export async function checkOutbox(services: Services): Promise<Verdict> {
  const { depth, oldestAgeSeconds } = await services.outbox.backlog();
  const detail = depth === 0 ? 'empty' : `${depth} waiting, the oldest for ${Math.round(oldestAgeSeconds)} s`;
  if (oldestAgeSeconds <= OUTBOX_AGE_SECONDS) return { state: 'good', detail };
  return { state: 'bad', detail, advice: 'see that the service runs and reaches the broker and Redis' };
}
