import type { OpenSession } from '../terminal/session';
import { failureOf } from '../terminal/failure';
import { EXIT } from '../terminal/exit-code';
import { checkBroker } from './broker.checks';
import {
  checkCache,
  checkClock,
  checkDatabase,
  checkDatabaseWrites,
  checkLocks,
  checkOutbox,
  checkSchema,
} from './database.checks';
import type { Check, Finding } from './doctor.finding';
import { checkDrift } from './drift.checks';

const CHECKS: readonly Check[] = [
  ['database bin', (session) => checkDatabase(session, 'bin'), 'check DATABASE_DSN_BIN and that the server runs'],
  ['database asterisk', (session) => checkDatabase(session, 'asterisk'), 'check DATABASE_DSN_ASTERISK and the server'],
  ['writes bin', (session) => checkDatabaseWrites(session, 'bin'), 'mend the database first'],
  ['writes asterisk', (session) => checkDatabaseWrites(session, 'asterisk'), 'mend the database first'],
  ['named locks', checkLocks, 'mend the database first'],
  ['schema bin', (session) => checkSchema(session, 'bin'), 'mend the database first'],
  ['schema asterisk', (session) => checkSchema(session, 'asterisk'), 'mend the database first'],
  ['clock', checkClock, 'mend the database first'],
  ['redis', checkCache, 'check REDIS_ADDRESS and that the server runs'],
  ...checkBroker,
  ['outbox', checkOutbox, 'mend the database first'],
  ['drift', checkDrift, 'mend the databases first'],
];

/** Looks at one thing after the other; that one cannot be looked at is a finding, too. */
export async function* examine(session: OpenSession): AsyncGenerator<Finding> {
  for (const [name, look, advice] of CHECKS) {
    try {
      yield { name, ...(await look(session)) };
    } catch (error) {
      const { exitCode, lines } = failureOf(error);
      yield { name, state: 'bad', detail: lines.join(' '), advice, isUnreachable: exitCode === EXIT.unreachable };
    }
  }
}
