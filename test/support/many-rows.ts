import type { Application } from './application';
import { BASE_DOMAIN_EXTENSION, BASE_DOMAIN_TRUNK } from './world';

/** Every second row belongs to this customer; the others belong to a hundred customers. */
export const LARGE_CUSTOMER = '00000000-0000-4000-8000-000000000000';
const ROWS = 4_000;
const EVENTS = 2_000;

const digits = `(SELECT 0 d ${Array.from({ length: 9 }, (_, n) => `UNION SELECT ${n + 1}`).join(' ')})`;
const numbersTo = (count: number): string =>
  `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e
    HAVING n < ${count} ORDER BY n) s`;

const id = (kind: string): string => `UNHEX(MD5(CONCAT('${kind}', n)))`;
const customer = "CONCAT('00000000-0000-4000-8000-', LPAD(HEX((n MOD 2) * (1 + n DIV 2 MOD 100)), 12, '0'))";
const customerId = `UNHEX(REPLACE(${customer}, '-', ''))`;
/** Each customer has the same numbers. */
const number = '(1000 + IF(n MOD 2 = 0, n DIV 2, n DIV 200))';
const time = "TIMESTAMP('2026-01-01 00:00:00.000001') + INTERVAL n SECOND";
/** A twentieth of the rows is deleted; another twentieth says "not deleted" with the year 9999. */
const deleted = `CASE n DIV 2 MOD 20 WHEN 7 THEN ${time} WHEN 9 THEN TIMESTAMP('9999-01-01 00:00:00') END`;
const living = 'n DIV 2 MOD 20 <> 7';
const extensionRealm = `LOWER(CONCAT(${customer}, '.${BASE_DOMAIN_EXTENSION}'))`;
const login = `CONCAT(${number}, '@', ${extensionRealm})`;
const trunkRealm = `CONCAT('trunk', n, '.${BASE_DOMAIN_TRUNK}')`;

const BIN = [
  `INSERT INTO registrar_extensions (id, customer_id, name, detail, endpoint_id, aor_id, auth_id, extension,
     domain_name, realm, username, password, tm_create, tm_delete)
   SELECT ${id('e')}, ${customerId}, CONCAT('name ', n MOD 50), '', ${login}, ${login}, ${login}, ${number}, ${customer},
     ${extensionRealm}, ${number}, 'p', ${time}, ${deleted} FROM ${numbersTo(ROWS)}`,
  `INSERT INTO registrar_trunks (id, customer_id, name, detail, domain_name, auth_types, realm, username, password,
     allowed_ips, tm_create, tm_delete)
   SELECT ${id('t')}, ${customerId}, CONCAT('name ', n MOD 50), '', CONCAT('trunk', n), '["basic"]', ${trunkRealm},
     CONCAT('user', n MOD 50), 'p', '[]', ${time}, ${deleted} FROM ${numbersTo(ROWS)}`,
  `INSERT INTO registrar_sip_auths (id, reference_type, auth_types, realm, username, password, allowed_ips, tm_create)
   SELECT ${id('e')}, 'extension', '["basic"]', ${extensionRealm}, ${number}, 'p', '[]', ${time}
     FROM ${numbersTo(ROWS)} WHERE ${living}`,
  `INSERT INTO registrar_sip_auths (id, reference_type, auth_types, realm, username, password, allowed_ips, tm_create)
   SELECT ${id('t')}, 'trunk', '["basic"]', ${trunkRealm}, CONCAT('user', n MOD 50), 'p', '[]', ${time}
     FROM ${numbersTo(ROWS)} WHERE ${living}`,
  `INSERT INTO registrar_outbox (resource_id, type, publisher, payload, cache_keys, tm_create)
   SELECT ${id('e')}, 'extension_updated', 'registrar-manager', '{}', '[]', utc_timestamp(6)
     FROM ${numbersTo(EVENTS)}`,
];

const ASTERISK = [
  `INSERT INTO ps_aors (id, max_contacts, remove_existing) SELECT ${login}, 3, 'yes'
     FROM ${numbersTo(ROWS)} WHERE ${living}`,
  `INSERT INTO ps_auths (id, auth_type, username, password, realm)
   SELECT ${login}, 'userpass', ${number}, 'p', ${extensionRealm} FROM ${numbersTo(ROWS)} WHERE ${living}`,
  `INSERT INTO ps_endpoints (id, aors, auth) SELECT ${login}, ${login}, ${login}
     FROM ${numbersTo(ROWS)} WHERE ${living}`,
  `INSERT INTO ps_contacts (id, uri, endpoint, expiration_time)
   SELECT CONCAT(${login}, '^3B@1'), 'sip:a@203.0.113.9', ${login}, 4102444800 FROM ${numbersTo(ROWS)} WHERE ${living}`,
];

const BIN_TABLES = ['registrar_extensions', 'registrar_trunks', 'registrar_sip_auths', 'registrar_outbox'];
const ASTERISK_TABLES = ['ps_aors', 'ps_auths', 'ps_endpoints', 'ps_contacts'];

/** Fills every table with some thousands of rows that agree with each other. */
export async function fillTables({ bin, asterisk }: Pick<Application, 'bin' | 'asterisk'>): Promise<void> {
  for (const [database, statements, tables] of [
    [bin, BIN, BIN_TABLES],
    [asterisk, ASTERISK, ASTERISK_TABLES],
  ] as const) {
    for (const sql of statements) await database.run(sql);
    for (const table of tables) {
      // Statistics of a sample, or new ones in the middle of a test, could give other plans.
      await database.run(`ALTER TABLE ${table} STATS_AUTO_RECALC = 0, STATS_SAMPLE_PAGES = 10000`);
      await database.run(`ANALYZE TABLE ${table}`);
    }
  }
}
