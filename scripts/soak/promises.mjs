// Checks every promise against the databases, the replies and the events.
import { versionOf } from './journal.mjs';
import { stateOf } from './resource.mjs';

const decode = (text) => text.replace(/\^([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
const uuidOf = (bytes) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
// The original stored a far date for "not deleted".
const alive = (alias) => `(${alias}.tm_delete IS NULL OR ${alias}.tm_delete > '9000-01-01')`;

/** Each query must find nothing at any moment, also during changes. */
export const ALWAYS = {
  'login without a record': `SELECT e.id FROM asterisk.ps_endpoints e WHERE NOT EXISTS
     (SELECT 1 FROM bin_manager.registrar_extensions r WHERE r.endpoint_id = e.id AND ${alive('r')})`,
  'endpoint without auth': `SELECT e.id FROM asterisk.ps_endpoints e WHERE NOT EXISTS
     (SELECT 1 FROM asterisk.ps_auths a WHERE a.id = e.auth)`,
  'endpoint without aor': `SELECT e.id FROM asterisk.ps_endpoints e WHERE NOT EXISTS
     (SELECT 1 FROM asterisk.ps_aors a WHERE a.id = e.aors)`,
  'sip_auth without a record': `SELECT hex(s.id) AS id FROM bin_manager.registrar_sip_auths s WHERE NOT EXISTS
     (SELECT 1 FROM bin_manager.registrar_extensions r WHERE r.id = s.id AND ${alive('r')}) AND NOT EXISTS
     (SELECT 1 FROM bin_manager.registrar_trunks t WHERE t.id = s.id AND ${alive('t')})`,
  'record without sip_auth': `SELECT hex(r.id) AS id FROM bin_manager.registrar_extensions r WHERE ${alive('r')}
     AND NOT EXISTS (SELECT 1 FROM bin_manager.registrar_sip_auths s WHERE s.id = r.id)`,
  'password of record and sip_auth differ': `SELECT hex(r.id) AS id FROM bin_manager.registrar_extensions r
     JOIN bin_manager.registrar_sip_auths s ON s.id = r.id WHERE ${alive('r')} AND r.password <> s.password`,
};

/** Each query must find nothing once interrupted changes are repaired. */
const SETTLED = {
  'record without a complete login': `SELECT r.endpoint_id AS id FROM bin_manager.registrar_extensions r
     LEFT JOIN asterisk.ps_endpoints e ON e.id = r.endpoint_id LEFT JOIN asterisk.ps_auths a ON a.id = r.auth_id
     LEFT JOIN asterisk.ps_aors o ON o.id = r.aor_id
     WHERE ${alive('r')} AND (e.id IS NULL OR a.id IS NULL OR o.id IS NULL)`,
  'leftover auth': `SELECT a.id FROM asterisk.ps_auths a WHERE NOT EXISTS
     (SELECT 1 FROM bin_manager.registrar_extensions r WHERE r.auth_id = a.id AND ${alive('r')})`,
  'leftover aor': `SELECT o.id FROM asterisk.ps_aors o WHERE NOT EXISTS
     (SELECT 1 FROM bin_manager.registrar_extensions r WHERE r.aor_id = o.id AND ${alive('r')})`,
  'trunk without sip_auth': `SELECT hex(t.id) AS id FROM bin_manager.registrar_trunks t WHERE ${alive('t')}
     AND NOT EXISTS (SELECT 1 FROM bin_manager.registrar_sip_auths s WHERE s.id = t.id)`,
  'event still in the outbox': 'SELECT id FROM bin_manager.registrar_outbox',
};

async function violations(sql, queries) {
  const found = [];
  for (const [what, query] of Object.entries(queries))
    for (const { id } of await sql.query(query)) found.push(`${what}: ${id}`);
  return found;
}

/** Checks both databases in one snapshot. */
export function checkAlways(sql) {
  return sql.snapshot(() => violations(sql, ALWAYS));
}

export async function checkSettled(sql, resources, journal) {
  const found = [...(await checkAlways(sql)), ...(await violations(sql, SETTLED)), ...(await passwordsDiffer(sql))];
  const rows = await records(sql);
  for (const resource of resources) found.push(...checkResource(resource, rows, journal));
  return [...found, ...checkInventions(resources, rows, journal)];
}

async function passwordsDiffer(sql) {
  const rows = await sql.query(`SELECT r.endpoint_id AS id, r.password AS plain, a.password AS encoded
     FROM bin_manager.registrar_extensions r JOIN asterisk.ps_auths a ON a.id = r.auth_id WHERE ${alive('r')}`);
  return rows
    .filter(({ plain, encoded }) => decode(encoded) !== plain)
    .map(({ id }) => `password of record and login differ: ${id}`);
}

async function records(sql) {
  const rows = new Map();
  for (const [table, label] of [
    ['registrar_extensions', 'extension'],
    ['registrar_trunks', 'domain_name'],
  ]) {
    const found = await sql.query(
      `SELECT id, customer_id, ${label} AS label, name, password, tm_create, tm_update, tm_delete FROM bin_manager.${table}`,
    );
    for (const row of found) rows.set(uuidOf(row.id), { ...row, customer: uuidOf(row.customer_id) });
  }
  return rows;
}

const wireTime = (time) => time && `${time.replace(' ', 'T')}Z`;
const rowVersion = (row) => versionOf({ tm_create: wireTime(row.tm_create), tm_update: wireTime(row.tm_update) });

function checkResource(resource, rows, journal) {
  if (resource.id === null) return [];
  const { kind, label, id } = resource;
  const row = rows.get(id);
  const name = `${kind} ${label} (${id})`;
  if (!row) return [`acknowledged and missing: ${name}`];
  const found = [];
  if (!resource.allows(row))
    found.push(
      `acknowledged change missing: ${name} is ${JSON.stringify(stateOf(row))}, may be ${JSON.stringify(resource.possible)}`,
    );
  const events = journal.of(id);
  for (const { type, version, password } of resource.promised)
    if (
      !events.some(
        (event) =>
          event.type === type && (version === null || event.version === version) && event.password === password,
      )
    )
      found.push(`acknowledged event missing: ${type} of ${name}`);
  return found;
}

/** Checks that events are in order, that the last one matches the row, and that each has a requested content. */
function checkInventions(resources, rows, journal) {
  const asked = new Map(resources.map((resource) => [`${resource.customer} ${resource.label}`, resource.asked]));
  const found = [];
  for (const [id, row] of rows)
    if (journal.of(id).at(-1)?.version !== rowVersion(row))
      found.push(`last change without its event: ${id} ${row.label}`);
  for (const [id, events] of journal.events) {
    if (!rows.has(id)) found.push(`event without a row: ${events[0].type} of ${id}`);
    const first = new Map();
    events.forEach((event, index) => first.has(event.version) || first.set(event.version, index));
    const order = [...first.keys()];
    if (order.some((version, index) => index > 0 && version < order[index - 1]))
      found.push(`events out of order: ${id}`);
    for (const { type, password, customer, label } of events)
      if (!asked.get(`${customer} ${label}`)?.has(password))
        found.push(`event with a password that no caller requested: ${type} of ${id}`);
  }
  return found;
}
