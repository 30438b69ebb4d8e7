import type { Services } from '../services';
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
  ['database bin', (services) => checkDatabase(services, 'bin'), 'check DATABASE_DSN_BIN and that the server runs'],
  [
    'database asterisk',
    (services) => checkDatabase(services, 'asterisk'),
    'check DATABASE_DSN_ASTERISK and the server',
  ],
  ['writes bin', (services) => checkDatabaseWrites(services, 'bin'), 'mend the database first'],
  ['writes asterisk', (services) => checkDatabaseWrites(services, 'asterisk'), 'mend the database first'],
  ['named locks', checkLocks, 'mend the database first'],
  ['schema bin', (services) => checkSchema(services, 'bin'), 'mend the database first'],
  ['schema asterisk', (services) => checkSchema(services, 'asterisk'), 'mend the database first'],
  ['clock', checkClock, 'mend the database first'],
  ['redis', checkCache, 'check REDIS_ADDRESS and that the server runs'],
  ...checkBroker,
  ['outbox', checkOutbox, 'mend the database first'],
  ['drift', checkDrift, 'mend the databases first'],
];

/** Looks at one thing after the other; that one cannot be looked at is a finding, too. */
export async function* examine(services: Services): AsyncGenerator<Finding> {
  for (const [name, look, advice] of CHECKS) {
    try {
      yield { name, ...(await look(services)) };
    } catch (error) {
      const { exitCode, lines } = failureOf(error);
      yield { name, state: 'bad', detail: lines.join(' '), advice, isUnreachable: exitCode === EXIT.unreachable };
    }
  }
}
