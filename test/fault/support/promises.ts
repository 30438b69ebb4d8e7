import type { Row } from '../../support/database';
import { uuidToBinary } from '../../support/database';
import type { SeenEvent } from '../../support/events';
import type { World } from '../../support/world';

const decode = (text: string): string =>
  text.replace(/\^([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

async function extensionProblems(world: World, record: Row): Promise<string[]> {
  const id = record['endpoint_id'] as string;
  const [aor, auth, endpoint] = await Promise.all(
    ['ps_aors', 'ps_auths', 'ps_endpoints'].map((table) =>
      world.asterisk.row(`SELECT * FROM ${table} WHERE id = ?`, [id]),
    ),
  );
  const problems: string[] = [];
  if (!aor || !auth || !endpoint) problems.push(`the login of ${id} is not complete`);
  else if (decode(auth['password'] as string) !== record['password'])
    problems.push(`${id}: login has another password`);
  return problems;
}

async function sipAuthProblems(world: World, record: Row): Promise<string[]> {
  const id = record['id'] as string;
  const row = await world.bin.row('SELECT * FROM registrar_sip_auths WHERE id = ?', [uuidToBinary(id)]);
  if (!row) return [`${id} has no sip_auth`];
  return row['password'] === record['password'] ? [] : [`${id}: sip_auth has another password`];
}

/** Logins and sip_auths of the customer that no living record stands for; never one, at no moment. */
export async function orphans(world: World, customerId: string): Promise<string[]> {
  const realm = `${customerId}.%`;
  const living = await world.bin.rows(
    'SELECT id, endpoint_id FROM registrar_extensions WHERE customer_id = ? AND tm_delete IS NULL',
    [uuidToBinary(customerId)],
  );
  const endpoints = new Set(living.map((row) => row['endpoint_id']));
  const logins = await world.asterisk.rows('SELECT id FROM ps_endpoints WHERE id LIKE ?', [`%@${realm}`]);
  const accounts = await world.bin.rows('SELECT id FROM registrar_sip_auths WHERE realm LIKE ?', [realm]);
  const ids = new Set(living.map((row) => row['id']));
  return [
    ...logins.filter(({ id }) => !endpoints.has(id)).map(({ id }) => `login without record: ${String(id)}`),
    ...accounts.filter(({ id }) => !ids.has(id)).map(({ id }) => `sip_auth without record: ${String(id)}`),
  ];
}

/** What is wrong with a customer's records, logins and events once all is settled; nothing when every promise is kept. */
export async function brokenPromises(world: World, customerId: string): Promise<string[]> {
  const problems = await orphans(world, customerId);
  for (const [table, kind] of [
    ['registrar_extensions', 'extension'],
    ['registrar_trunks', 'trunk'],
  ] as const) {
    const records = await world.bin.rows(`SELECT * FROM ${table} WHERE customer_id = ?`, [uuidToBinary(customerId)]);
    for (const record of records) {
      if (record['tm_delete'] === null) {
        problems.push(...(await sipAuthProblems(world, record)));
        if (kind === 'extension') problems.push(...(await extensionProblems(world, record)));
      }
      problems.push(...eventProblems(kind, record, world.events.of(customerId)));
    }
    const ids = new Set(records.map(({ id }) => id));
    const invented = world.events
      .of(customerId)
      .filter(({ type, data }) => type.startsWith(kind) && !ids.has(data['id']));
    for (const { type } of invented) problems.push(`an event for what never was: ${type}`);
  }
  return problems;
}

const timeOf = (text: unknown): string =>
  typeof text === 'string' ? text.replace('T', ' ').replace(/\.?0*Z?$/, '') : '';

function eventProblems(kind: string, record: Row, all: readonly SeenEvent[]): string[] {
  const id = String(record['id']);
  const events = all.filter(({ data }) => data['id'] === id);
  const versions = events.map(({ data }) => timeOf(data['tm_update'] ?? data['tm_create']));
  const problems: string[] = [];
  if (events[0]?.type !== `${kind}_created`) problems.push(`${id}: its creation was not announced first`);
  const firsts = [...new Set(versions)].map((version) => version.padEnd(26, '0'));
  if (firsts.some((version, index) => index > 0 && version < (firsts[index - 1] ?? ''))) {
    problems.push(`${id}: events out of order: ${firsts.join(', ')}`);
  }
  if (versions.at(-1) !== timeOf(record['tm_update'] ?? record['tm_create'])) {
    problems.push(`${id}: its last change was not announced (${events.map(({ type }) => type).join(', ')})`);
  }
  const isDeleted = record['tm_delete'] !== null;
  if (isDeleted !== (events.at(-1)?.type === `${kind}_deleted`)) problems.push(`${id}: the last event is not its end`);
  return problems;
}
