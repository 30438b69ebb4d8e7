import { isRepairable } from '../../reconcile/drift';
import type { Services } from '../services';
import type { Verdict } from './doctor.finding';

/** Compares everything and changes nothing. */
export async function checkDrift(services: Services): Promise<Verdict> {
  await Promise.all([services.databases.bin.ping(), services.databases.asterisk.ping()]);
  let repairable = 0;
  const report = await services.reconcile.run({
    dryRun: true,
    onDifference: (difference) => {
      if (isRepairable(difference)) repairable++;
    },
  });
  const compared = `${report.extensions} extensions and ${report.trunks} trunks compared`;
  if (repairable > 0) {
    return { state: 'bad', detail: `${repairable} differences, ${compared}`, advice: 'registrar-control reconcile' };
  }
  if (report.failed > 0) {
    return {
      state: 'bad',
      detail: `${report.failed} could not be compared`,
      advice: 'registrar-control reconcile --dry-run',
    };
  }
  const open = report.found.open_account;
  if (open === 0) return { state: 'good', detail: `none, ${compared}` };
  const advice = 'give them passwords; reconcile --dry-run lists them, and nobody gets in by them until then';
  return { state: 'bad', detail: `${open} accounts without a password`, advice };
}
