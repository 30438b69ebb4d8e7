import { randomUUID } from 'node:crypto';
import { CreateExtensionDto, UpdateExtensionDto } from '../../src/extension/extension.dto';
import { ExtensionWriter } from '../../src/extension/extension.writer';
import { ServiceError } from '../../src/platform/errors/service-error';
import type { Difference } from '../../src/reconcile/drift';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { Application } from '../support/application';

const WORKERS = 8;
const STORM_MS = 6_000;
/** However slow the machine: so much must have happened before the account is drawn up. */
const CHANGES_AT_LEAST = 200;
const RUNS_AT_LEAST = 4;

let application: Application;

beforeAll(async () => {
  application = await Application.open();
});
afterAll(async () => {
  await application.close();
});

const change = (password: string): UpdateExtensionDto =>
  Object.assign(new UpdateExtensionDto(), { name: 'n', detail: '', password });

/** Creates, changes and deletes a few numbers over and over, so that ids come back right after they went. */
async function churn(customerId: string, isOver: () => boolean, onChanged: () => void): Promise<void> {
  const extensions = application.module.get(ExtensionWriter);
  for (let round = 0; !isOver(); round++) {
    try {
      const stays = round % 5 === 0;
      const number = stays ? `stays-${randomUUID().slice(24)}` : String(100 + (round % 3));
      const request = { customerId, extension: number, password: `p;${round}`, domainId: customerId };
      const { id } = await extensions.create(
        Object.assign(new CreateExtensionDto(), { ...request, name: '', detail: '' }),
      );
      await extensions.update(id, change(''));
      await extensions.update(id, change(`q^${round}`));
      if (!stays) await extensions.delete(id);
      onChanged();
    } catch (error) {
      // Two workers share a customer: one of them is late. A row that is being reconciled may be locked for long.
      if (!(error instanceof ServiceError && ['ALREADY_EXISTS', 'UNAVAILABLE', 'NOT_FOUND'].includes(error.status)))
        throw error;
    }
  }
}

it('beside creates, changes and deletes it repairs nothing, for nothing is broken', async () => {
  const end = Date.now() + STORM_MS;
  let changes = 0;
  const isOver = (): boolean => Date.now() > end && changes >= CHANGES_AT_LEAST;
  const customers = Array.from({ length: WORKERS / 2 }, () => randomUUID());
  const working = Promise.all(
    Array.from({ length: WORKERS }, (_, worker) =>
      churn(customers[worker % customers.length] ?? '', isOver, () => (changes += 4)),
    ),
  );

  const reconcile = application.module.get(ReconcileService);
  const differences: Difference[] = [];
  let runs = 0;
  let failed = 0;
  while (!isOver() || runs < RUNS_AT_LEAST) {
    const report = await reconcile.run({
      dryRun: runs % 3 === 2,
      onDifference: (difference) => differences.push(difference),
    });
    failed += report.failed;
    runs++;
  }
  await working;
  const last = await reconcile.run({ dryRun: true, onDifference: (difference) => differences.push(difference) });

  expect({ differences, failed, last: last.failed }).toEqual({ differences: [], failed: 0, last: 0 });
  const living = await application.bin.count('registrar_extensions', 'tm_delete IS NULL');
  expect(living).toBeGreaterThan(0);
  for (const table of ['ps_aors', 'ps_auths', 'ps_endpoints'])
    expect(await application.asterisk.count(table)).toBe(living);
  expect(await application.bin.count('registrar_sip_auths')).toBe(living);
}, 180_000);
