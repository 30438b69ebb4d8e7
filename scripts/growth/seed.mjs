// Fills the tables with rows as the service writes them. Ids are random, so rows lie in random order in every index by id.
import mysql from 'mysql2/promise';
import { DELETED_ONE_IN, DOMAINS } from './sizes.mjs';

const GIBIBYTE = 2 ** 30;

const uuidOf = (text) => {
  const part = (from, length) => `SUBSTR(MD5(${text}), ${from}, ${length})`;
  return `CONCAT(${part(1, 8)}, '-', ${part(9, 4)}, '-4', ${part(14, 3)}, '-8', ${part(18, 3)}, '-', ${part(21, 12)})`;
};
const binary = (uuid) => `UNHEX(REPLACE(${uuid}, '-', ''))`;

/** Numbered records: owner, id and times follow from the number `n`. */
const numbered = (kind, { rows, bigShare, others, big, sequence }) => `
  SELECT n, place, ${uuidOf("CONCAT('customer ', owner)")} AS customer, ${uuidOf(`CONCAT('${kind} ${big} ', n)`)} AS id,
         created, IF(is_deleted, created + INTERVAL 1 DAY, NULL) AS deleted
    FROM (SELECT seq AS n, seq MOD ${DELETED_ONE_IN} = 0 AS is_deleted,
                 IF(seq MOD ${bigShare} = 0, '${big}', seq MOD ${others}) AS owner,
                 IF(seq MOD ${bigShare} = 0, seq DIV ${bigShare}, seq DIV ${others}) + 1000 AS place,
                 TIMESTAMP('2026-01-01') + INTERVAL seq * 17000000 + seq * 7919 MOD 1000000 MICROSECOND AS created
            FROM ${sequence}_1_to_${rows}) counted`;

const extensions = (owner) => `
  SELECT r.*, place AS extension, CONCAT(customer, '.${DOMAINS.extension}') AS realm,
         CONCAT(place, '@', customer, '.${DOMAINS.extension}') AS login, MD5(CONCAT('password ', n)) AS password
    FROM (${numbered('extension', owner)}) r`;

const trunks = (owner) => `
  SELECT r.*, CONCAT('${owner.big}-', n) AS domain, CONCAT('${owner.big}-', n, '.${DOMAINS.trunk}') AS realm, CONCAT('u', n) AS username,
         MD5(CONCAT('password ', n)) AS password, CONCAT('["203.0.113.', n MOD 250, '"]') AS ips
    FROM (${numbered('trunk', owner)}) r`;

const EXTENSION_TABLES = (bin, asterisk) => [
  `INSERT INTO ${bin}.registrar_extensions (id, customer_id, name, detail, endpoint_id, aor_id, auth_id, extension,
     domain_name, realm, username, password, tm_create, tm_update, tm_delete, direct_id, direct_hash)
   SELECT ${binary('id')}, ${binary('customer')}, CONCAT('name ', n), 'detail', login, login, login, extension, customer,
     realm, extension, password, created, deleted, deleted, ${binary(uuidOf("CONCAT('direct ', n)"))},
     CONCAT('direct.', LEFT(MD5(n), 12))`,
  `INSERT INTO ${bin}.registrar_sip_auths (id, reference_type, auth_types, realm, username, password, allowed_ips,
     tm_create)
   SELECT ${binary('id')}, 'extension', '["basic"]', realm, extension, password, '[]', created`,
  `INSERT INTO ${asterisk}.ps_aors (id, max_contacts, remove_existing) SELECT login, 3, 'yes'`,
  `INSERT INTO ${asterisk}.ps_auths (id, auth_type, username, password, realm)
   SELECT login, 'userpass', extension, password, realm`,
  `INSERT INTO ${asterisk}.ps_endpoints (id, aors, auth) SELECT login, login, login`,
  `INSERT INTO ${asterisk}.ps_contacts (id, uri, expiration_time, qualify_frequency, outbound_proxy, path, user_agent,
     qualify_timeout, reg_server, authenticate_qualify, via_addr, via_port, call_id, endpoint, prune_on_boot)
   SELECT CONCAT(login, '^3B@', MD5(n)), CONCAT('sip:', extension, '@203.0.113.9:5060'), UNIX_TIMESTAMP() + 864000, 0,
     '', '', 'Phone/1', 3, 'pbx-1', 'no', '203.0.113.9', 5060, MD5(CONCAT('call ', n)), login, 'no'`,
];

const TRUNK_TABLES = (bin) => [
  `INSERT INTO ${bin}.registrar_trunks (id, customer_id, name, detail, domain_name, auth_types, realm, username,
     password, allowed_ips, tm_create, tm_update, tm_delete)
   SELECT ${binary('id')}, ${binary('customer')}, CONCAT('name ', n), 'detail', domain, '["basic","ip"]', realm, username,
     password, ips, created, deleted, deleted`,
  `INSERT INTO ${bin}.registrar_sip_auths (id, reference_type, auth_types, realm, username, password, allowed_ips,
     tm_create)
   SELECT ${binary('id')}, 'trunk', '["basic","ip"]', realm, username, password, ips, created`,
];

async function fill(connection, inserts, source, owner) {
  const rows = source(owner);
  // A deleted record has its own row only.
  for (const [at, insert] of inserts.entries())
    await connection.query(`${insert} FROM (${rows}) x ${at === 0 ? '' : 'WHERE deleted IS NULL'}`);
}

/** Without checks of keys the server sorts all rows of a statement first, which takes minutes less. */
async function withMemory({ host, port, user, password }, work) {
  const connection = await mysql.createConnection({ host, port, user, password });
  try {
    const [[{ pool }]] = await connection.query('SELECT @@innodb_buffer_pool_size AS pool');
    await connection.query(`SET GLOBAL innodb_buffer_pool_size = ${Math.max(pool, GIBIBYTE)}`);
    await connection.query(`SET GLOBAL innodb_log_file_size = ${2 * GIBIBYTE}`);
    await connection.query('SET unique_checks = 0, foreign_key_checks = 0');
    await work(connection);
    await connection.query(`SET GLOBAL innodb_buffer_pool_size = ${pool}`);
  } finally {
    connection.destroy();
  }
}

/** The customer that has many; `big` is also a part of its trunks' domain names. */
const BIG = 'big';

async function fillBoth(connection, { bin, asterisk }, extensionRows, trunkRows) {
  const more = { big: BIG, sequence: `${bin}.seq` };
  await fill(connection, EXTENSION_TABLES(bin, asterisk), extensions, { ...more, ...extensionRows });
  await fill(connection, TRUNK_TABLES(bin), trunks, { ...more, ...trunkRows });
}

/** Does nothing to databases that are filled already. */
export async function seed(sql, server, databases, { extensions: extensionRows, trunks: trunkRows }) {
  const { bin, asterisk } = databases;
  const found = await sql.query(`SELECT 1 FROM ${bin}.registrar_trunks LIMIT 1`);
  if (found.length > 0) return;
  await withMemory(server, async (connection) => {
    await fillBoth(connection, databases, extensionRows, trunkRows);
    const tables = ['extensions', 'trunks', 'sip_auths'].map((name) => `${bin}.registrar_${name}`);
    const logins = ['aors', 'auths', 'endpoints', 'contacts'].map((name) => `${asterisk}.ps_${name}`);
    await connection.query(`ANALYZE TABLE ${[...tables, ...logins].join(', ')}`);
  });
}

/** Adds a customer, and returns its id. */
export async function seedCustomer(server, databases, { extensions: count, trunks: trunkCount }) {
  const big = `c${Date.now()}`;
  const all = (living) => ({
    rows: Math.floor((living * DELETED_ONE_IN) / (DELETED_ONE_IN - 1)),
    bigShare: 1,
    others: 1,
    big,
  });
  let id;
  await withMemory(server, async (connection) => {
    await fillBoth(connection, databases, all(count), all(trunkCount));
    [[{ id }]] = await connection.query(`SELECT ${customerSql(big)} AS id`);
  });
  return id;
}

const customerSql = (owner) => uuidOf(`'customer ${owner}'`);
export const BIG_CUSTOMER_SQL = customerSql(BIG);
