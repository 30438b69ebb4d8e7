import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ReconcileService } from '../../src/reconcile/reconcile.service';
import { Application } from '../support/application';
import { BASE_DOMAIN_EXTENSION } from '../support/world';

const MILLION = 1_000_000;
const SIZE = Number(process.env['RECONCILE_SCALE'] ?? 5_000);
const GROWTH_MAX_MB = 40;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let application: Application;

beforeAll(async () => {
  application = await Application.open();
  const digits =
    '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
  const numbers = `(SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d + 100000*g.d AS n
    FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f, ${digits} g HAVING n < ${SIZE}) s`;
  const customer = "CONCAT('00000000-0000-4000-8000-', LPAD(HEX(n DIV 50), 12, '0'))";
  const realm = `LOWER(CONCAT(${customer}, '.${BASE_DOMAIN_EXTENSION}'))`;
  const login = `CONCAT(n MOD 50, '@', ${realm})`;
  const id = 'UNHEX(MD5(n))';
  await application.bin.run(
    `INSERT INTO registrar_extensions (id, customer_id, extension, username, password, realm, endpoint_id, aor_id, auth_id, tm_create)
     SELECT ${id}, UNHEX(REPLACE(${customer}, '-', '')), n MOD 50, n MOD 50, 'p', ${realm}, ${login}, ${login}, ${login}, NOW(6) FROM ${numbers}`,
  );
  await application.bin.run(
    `INSERT INTO registrar_sip_auths (id, reference_type, auth_types, realm, username, password, allowed_ips)
     SELECT ${id}, 'extension', '["basic"]', ${realm}, n MOD 50, 'p', '[]' FROM ${numbers}`,
  );
  await application.asterisk.run(`INSERT INTO ps_aors (id, max_contacts) SELECT ${login}, 3 FROM ${numbers}`);
  await application.asterisk.run(
    `INSERT INTO ps_auths (id, auth_type, username, password, realm) SELECT ${login}, 'userpass', n MOD 50, 'p', ${realm} FROM ${numbers}`,
  );
  await application.asterisk.run(
    `INSERT INTO ps_endpoints (id, aors, auth) SELECT ${login}, ${login}, ${login} FROM ${numbers}`,
  );
}, 300_000);
afterAll(async () => {
  await application.close();
});

it('holds a chunk at a time, however many extensions there are', async () => {
  const reconcile = application.module.get(ReconcileService);
  await application.asterisk.run("DELETE FROM ps_auths WHERE id LIKE '7@%' LIMIT 50");
  const missing = SIZE - (await application.asterisk.count('ps_auths'));
  expect(missing).toBeGreaterThan(0);
  collectGarbage();
  const before = process.memoryUsage();
  let peak = 0;
  const sampling = setInterval(() => {
    collectGarbage();
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, 1_000);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const report = await reconcile.run({ dryRun: false });
  delay.disable();
  clearInterval(sampling);
  const megabytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
  const growthMb = megabytes(peak - before.heapUsed);
  const seconds = report.durationMs / 1_000;
  process.stderr.write(
    `${SIZE} extensions: ${seconds.toFixed(1)} s (${Math.round((seconds * MILLION) / SIZE)} s a million), ` +
      `heap +${growthMb} MB, rss +${megabytes(process.memoryUsage().rss - before.rss)} MB, ` +
      `event loop p99 ${Math.round(delay.percentile(99) / 1e6)} ms\n`,
  );
  expect(report).toMatchObject({ extensions: SIZE, failed: 0 });
  expect(report.found).toMatchObject({
    login_missing: missing,
    login_differs: 0,
    sip_auth_differs: 0,
    login_without_record: 0,
  });
  expect(growthMb).toBeLessThan(GROWTH_MAX_MB);
}, 600_000);
