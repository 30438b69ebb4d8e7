import { type Row, uuidToBinary } from './database';
import type { World } from './world';

/** The record and the rows of one extension in both databases. */
export interface LoginRows {
  readonly record: Row | undefined;
  readonly sipAuth: Row | undefined;
  readonly aor: Row | undefined;
  readonly auth: Row | undefined;
  readonly endpoint: Row | undefined;
}

export async function extensionRows(world: World, id: string, endpointId: string): Promise<LoginRows> {
  const key = [uuidToBinary(id)];
  return {
    record: await world.bin.row('SELECT * FROM registrar_extensions WHERE id = ?', key),
    sipAuth: await world.bin.row('SELECT * FROM registrar_sip_auths WHERE id = ?', key),
    aor: await world.asterisk.row('SELECT * FROM ps_aors WHERE id = ?', [endpointId]),
    auth: await world.asterisk.row('SELECT * FROM ps_auths WHERE id = ?', [endpointId]),
    endpoint: await world.asterisk.row('SELECT * FROM ps_endpoints WHERE id = ?', [endpointId]),
  };
}

export async function trunkRows(world: World, id: string): Promise<{ record?: Row; sipAuth?: Row }> {
  const key = [uuidToBinary(id)];
  const record = await world.bin.row('SELECT * FROM registrar_trunks WHERE id = ?', key);
  const sipAuth = await world.bin.row('SELECT * FROM registrar_sip_auths WHERE id = ?', key);
  return { ...(record && { record }), ...(sipAuth && { sipAuth }) };
}

/** The number of rows of a customer in each table. A refused create must leave none. */
export async function traces(world: World, customerId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['registrar_extensions', 'registrar_trunks']) {
    counts[table] = await world.bin.count(table, 'customer_id = ?', [uuidToBinary(customerId)]);
  }
  counts['registrar_sip_auths'] = await world.bin.count('registrar_sip_auths', 'realm LIKE ?', [`${customerId}.%`]);
  for (const table of ['ps_aors', 'ps_auths', 'ps_endpoints']) {
    counts[table] = await world.asterisk.count(table, 'id LIKE ?', [`%@${customerId}.%`]);
  }
  return counts;
}

export const NO_TRACES = {
  registrar_extensions: 0,
  registrar_trunks: 0,
  registrar_sip_auths: 0,
  ps_aors: 0,
  ps_auths: 0,
  ps_endpoints: 0,
};

/** The columns of a row that are not NULL. */
export function onlyColumns(row: Row | undefined): Row {
  return Object.fromEntries(Object.entries(row ?? {}).filter(([, value]) => value !== null));
}

/** A time of the database in the form of replies. */
export function wireTime(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  return `${text.replace(' ', 'T').replace(/\.?0+$/, '')}Z`;
}
