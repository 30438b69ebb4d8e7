import type { QueryRunner } from 'typeorm';
import { ServiceError } from '../../errors/service-error';
import { RequestContext, runInContext } from '../../observability/request-context';
import type { Database } from './database';
import type { DataSourceName } from './data-source.options';
import {
  describeDatabaseError,
  isConnectionLost,
  isDeadlockOrLockWait,
  isOfClass,
  isSchemaLacking,
  safeDatabaseError,
} from '../mysql-errors';

const LIMIT_MS = 2_000;

interface Writes {
  readonly insert?: string;
  readonly update?: string;
  readonly remove?: true;
}

const CREDENTIAL = 'id, auth_type, username, password, realm';

/**
 * The writes of the service to each table and column: grants may be given column by column. An INSERT must name each
 * column without a default.
 */
const WRITES: Record<DataSourceName, Record<string, Writes>> = {
  bin: {
    registrar_extensions: { insert: 'id', update: 'tm_update' },
    registrar_trunks: { insert: 'id', update: 'tm_update' },
    registrar_sip_auths: { insert: 'id', update: 'password', remove: true },
    registrar_outbox: {
      insert: 'resource_id, type, publisher, payload, cache_keys, tm_create',
      update: 'claimed_by, claimed_until, attempts, tm_published, payload',
      remove: true,
    },
  },
  asterisk: {
    ps_aors: { insert: 'id, max_contacts, remove_existing', update: 'id', remove: true },
    ps_auths: { insert: CREDENTIAL, update: CREDENTIAL, remove: true },
    ps_endpoints: { insert: 'id, aors, auth', update: 'id, aors, auth', remove: true },
    ps_contacts: { remove: true },
  },
};

/** Why a server that answers refuses writes, with the words for the message. */
const OBSTACLES = {
  READ_ONLY: 'is read-only',
  DENIED: 'does not let this login write',
  DISK_FULL: 'has no room to write',
  REFUSED: 'refuses to write',
};
type Obstacle = keyof typeof OBSTACLES;

export function obstacleOf(error: unknown): Obstacle | undefined {
  const cause = causeOf(error);
  if (isOfClass(cause, 'notWritable')) return 'READ_ONLY';
  if (isOfClass(cause, 'writeDenied')) return 'DENIED';
  return isOfClass(cause, 'diskFull') ? 'DISK_FULL' : undefined;
}

export function notWritable(database: string, obstacle: Obstacle, detail: string, cause?: unknown): ServiceError {
  const message = `The database ${database} ${OBSTACLES[obstacle]} (${detail}).`;
  return new ServiceError('UNAVAILABLE', obstacle, message, { cause });
}

/**
 * Tries every kind of write of the service with a condition that matches no row: the servers refuse the statement
 * before they look for rows. It locks no row and uses up no auto-increment value. Throws the refusal.
 */
export async function checkWrites(database: Database): Promise<void> {
  let trying = '';
  const tryAll = async (runner: QueryRunner): Promise<void> => {
    await runner.startTransaction();
    try {
      for (const [sql, what] of statementsFor(database.name)) {
        trying = what;
        await runner.query(sql);
      }
    } finally {
      await runner.rollbackTransaction().catch(() => undefined);
    }
  };
  try {
    await runInContext(new RequestContext(`writes-${database.name}`, LIMIT_MS), () => database.withRunner(tryAll));
  } catch (error) {
    const isOfWrite = trying !== '' && isAnswer(causeOf(error));
    const obstacle = obstacleOf(error) ?? (isOfWrite ? 'REFUSED' : undefined);
    if (obstacle === undefined) throw error;
    throw notWritable(database.name, obstacle, `${trying}: ${describeDatabaseError(causeOf(error))}`, error);
  }
}

/**
 * Whether the server refused the statement; a conflict, a missing table and a lost connection are reported elsewhere.
 */
function isAnswer(error: unknown): boolean {
  const isAsked = safeDatabaseError(error).errno !== undefined;
  return isAsked && !isConnectionLost(error) && !isDeadlockOrLockWait(error) && !isSchemaLacking(error);
}

/** The driver's error inside ours. */
function causeOf(error: unknown): unknown {
  return error instanceof ServiceError && error.cause !== undefined ? error.cause : error;
}

function statementsFor(name: DataSourceName): (readonly [sql: string, what: string])[] {
  return Object.entries(WRITES[name]).flatMap(([table, { insert, update, remove }]) => {
    const same = update?.split(', ').map((column) => `${column} = ${column}`);
    const statements = {
      INSERT: insert && `INSERT INTO ${table} (${insert}) SELECT ${insert} FROM ${table} WHERE 1 = 0`,
      UPDATE: same && `UPDATE ${table} SET ${same.join(', ')} WHERE 1 = 0`,
      DELETE: remove && `DELETE FROM ${table} WHERE 1 = 0`,
    };
    return Object.entries(statements).flatMap(([verb, sql]) => (sql ? [[sql, `${verb} on ${table}`] as const] : []));
  });
}
