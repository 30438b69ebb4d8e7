import { LockRefused, tryHold } from '../../platform/database/lock/named-lock';
import { checkWrites } from '../../platform/database/source/write-check';
import { ServiceError } from '../../platform/errors/service-error';
import { faultsOf, joinSql } from '../../platform/database/schema/schema-report';
import type { Services } from '../services';
import { bad, type Check, good, poor, rethrowUnreachable, type Verdict } from './doctor.finding';

const WRITE_ADVICE: Readonly<Record<string, string>> = {
  READ_ONLY: 'SELECT @@global.read_only on that server: is it a replica, or did a fail-over end half way?',
  DENIED: 'grant SELECT, INSERT, UPDATE, DELETE on this database to the login of the DSN',
  DISK_FULL: "make room on the server's disk",
  REFUSED: "look up the error's number in the server's manual",
};
export const DATABASE_FIRST = 'mend the database first';
/** Times of replicas, databases and Asterisk are compared with each other. */
const CLOCK_TOLERANCE_SECONDS = 2;
const OUTBOX_AGE_SECONDS = 60;

type Which = 'bin' | 'asterisk';

async function checkDatabase(services: Services, which: Which): Promise<Verdict> {
  rethrowUnreachable(services, which);
  const database = services.databases[which];
  const rows = await database.read((manager) => manager.query<{ version: string }[]>('SELECT version() AS version'));
  const detail = `answers, version ${rows[0]?.version ?? 'unknown'}`;
  if (!database.isPlainForWantOfTls) return good(detail);
  return poor(
    `${detail}, not encrypted: tls=preferred, and the server offers no TLS`,
    'give the server a certificate, or write tls=false if that is meant',
  );
}

async function checkDatabaseWrites({ databases }: Services, which: Which): Promise<Verdict> {
  try {
    await checkWrites(databases[which]);
    return good('are taken');
  } catch (error) {
    const advice = error instanceof ServiceError ? WRITE_ADVICE[error.reason] : undefined;
    if (advice === undefined) throw error;
    return bad((error as ServiceError).message, advice);
  }
}

/** Without named locks, replicas cannot coordinate their work. */
async function checkLocks({ databases }: Services): Promise<Verdict> {
  try {
    const lock = await tryHold(await databases.bin.address(), `doctor.${process.pid}`);
    await lock?.release();
    return good('are given');
  } catch (error) {
    if (!(error instanceof LockRefused)) throw error;
    return poor(
      error.message,
      'set DATABASE_MIGRATE=verify; each replica reconciles by itself, which is safe and more work',
    );
  }
}

async function checkSchema({ databases, schema }: Services, which: Which): Promise<Verdict> {
  await databases[which].ping();
  const report = await schema.verify(databases[which].dataSource, which);
  const { missing, duplicates, problems } = report;
  const required = missing.filter((step) => step.required).length;
  if (required > 0) return bad(`${required} required steps are missing`, 'registrar-control schema apply');
  const faults = faultsOf(report);
  if (faults.length > 0) {
    const sql = joinSql(faults).trim().replaceAll('\n', ' ');
    const advice = sql === '' ? 'registrar-control schema verify' : `have this SQL run: ${sql}`;
    return bad(faults.map(({ text }) => text).join('; '), advice);
  }
  if (duplicates.length > 0) {
    const advice = 'delete or rename all but one of each (schema verify lists them), then schema apply';
    return bad(`${duplicates.length} values are shared by living rows`, advice);
  }
  const lesser = missing.length + problems.length;
  return lesser > 0 ? poor(`${lesser} lesser things are missing`, 'registrar-control schema verify') : good('complete');
}

async function checkClock({ databases }: Services): Promise<Verdict> {
  const startedAt = Date.now();
  const [row] = await databases.bin.read((manager) =>
    manager.query<{ now: number | string }[]>(
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', utc_timestamp(6)) AS now",
    ),
  );
  const ours = (startedAt + Date.now()) / 2;
  const offset = Math.abs(Number(row?.now ?? 0) / 1000 - ours) / 1000;
  if (offset <= CLOCK_TOLERANCE_SECONDS) return good(`the database's is ${offset.toFixed(3)} s from this machine's`);
  return bad(
    `the database's is ${offset.toFixed(0)} s from this machine's`,
    'set both clocks by NTP; until then new changes may look older than old ones',
  );
}

async function checkCache({ cache }: Services): Promise<Verdict> {
  if (cache.isUp) return good('answers');
  const trouble = await cache.trouble();
  if (trouble !== undefined) {
    return poor(trouble, 'mend Redis or check REDIS_ADDRESS; until then all reads go to the database');
  }
  return poor('answers, but is not used: the database does not tell what it must forget first', DATABASE_FIRST);
}

export async function checkOutbox({ outbox }: Services): Promise<Verdict> {
  const { depth, oldestAgeSeconds } = await outbox.backlog();
  const detail = depth === 0 ? 'empty' : `${depth} waiting, the oldest for ${Math.round(oldestAgeSeconds)} s`;
  if (oldestAgeSeconds <= OUTBOX_AGE_SECONDS) return good(detail);
  return bad(detail, 'see that the service runs and reaches the broker and Redis');
}

export const DATABASE_CHECKS: readonly Check[] = [
  ['database bin', 'check DATABASE_DSN_BIN and that the server runs', (services) => checkDatabase(services, 'bin')],
  [
    'database asterisk',
    'check DATABASE_DSN_ASTERISK and that the server runs',
    (services) => checkDatabase(services, 'asterisk'),
  ],
  ['writes bin', DATABASE_FIRST, (services) => checkDatabaseWrites(services, 'bin')],
  ['writes asterisk', DATABASE_FIRST, (services) => checkDatabaseWrites(services, 'asterisk')],
  ['named locks', DATABASE_FIRST, checkLocks],
  ['schema bin', DATABASE_FIRST, (services) => checkSchema(services, 'bin')],
  ['schema asterisk', DATABASE_FIRST, (services) => checkSchema(services, 'asterisk')],
  ['clock', DATABASE_FIRST, checkClock],
  ['redis', 'check REDIS_ADDRESS and that the server runs', checkCache],
];
