import { isRepairable } from '../../reconcile/drift';
import { giveWay } from '../priority';
import type { Services } from '../services';
import { bad, good, type Verdict } from './doctor.finding';

/** Runs a whole comparison as a dry run. */
export async function checkDrift({ databases, reconcile }: Services): Promise<Verdict> {
  await Promise.all([databases.bin.ping(), databases.asterisk.ping()]);
  giveWay();
  let repairable = 0;
  const report = await reconcile.run({
    dryRun: true,
    onDifference: (difference) => {
      if (isRepairable(difference)) repairable++;
    },
  });
  const compared = `${report.extensions} extensions and ${report.trunks} trunks compared`;
  if (repairable > 0) return bad(`${repairable} differences, ${compared}`, 'registrar-control reconcile');
  if (report.failed > 0) {
    return bad(`${report.failed} could not be compared`, 'registrar-control reconcile --dry-run');
  }
  const open = report.found.open_account;
  if (open === 0) return good(`none, ${compared}`);
  const advice = 'give them passwords; reconcile --dry-run lists them, and nobody gets in by them until then';
  return bad(`${open} accounts without a password`, advice);
}
