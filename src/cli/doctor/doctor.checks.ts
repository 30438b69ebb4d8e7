import { EXIT } from '../terminal/exit-code';
import { failureOf } from '../terminal/failure';
import type { Services } from '../services';
import { checkNodes } from './ami.checks';
import { BROKER_CHECKS } from './broker.checks';
import { DATABASE_CHECKS, DATABASE_FIRST, checkOutbox } from './database.checks';
import type { Check, Finding } from './doctor.finding';
import { checkDrift } from './drift.checks';

const CHECKS: readonly Check[] = [
  ...DATABASE_CHECKS,
  ...BROKER_CHECKS,
  ['outbox', DATABASE_FIRST, checkOutbox],
  ['drift', DATABASE_FIRST, checkDrift],
];

/** Runs one check after the other. A check that throws is a finding, too. */
export async function* examine(services: Services): AsyncGenerator<Finding> {
  for (const [name, advice, look] of CHECKS) {
    try {
      yield { name, ...(await look(services)) };
    } catch (error) {
      const { exitCode, lines } = failureOf(error);
      yield { name, state: 'bad', detail: lines.join(' '), advice, isUnreachable: exitCode === EXIT.unreachable };
    }
  }
  yield* await checkNodes(services);
}
