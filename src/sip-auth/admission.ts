import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BinDatabase } from '../platform/database/source/databases';
import { bytesToUuid } from '../platform/wire/go-uuid';
import { isInSubnet } from './subnet';

/** A call as Kamailio sees it: where it comes from, the domain of From, and the digest user name, if any. */
export interface Call {
  readonly source: string;
  readonly realm: string;
  readonly username?: string | undefined;
}

/** A row of `registrar_sip_auths` that admits a call, and by what. */
export interface Admission {
  readonly id: string;
  readonly referenceType: string | null;
  readonly realm: string;
  readonly by: 'ip' | 'digest';
  /** The entry of `allowed_ips`; `null` for a digest. */
  readonly entry: string | null;
  readonly username: string | null;
}

interface RawRow {
  readonly id: Buffer;
  readonly reference_type: string | null;
  readonly realm: string;
}

interface EntryRow extends RawRow {
  readonly net: string | null;
}

interface CredentialsRow extends RawRow {
  readonly username: string;
}

/** As `max_while_loops` in docs/sip.md: Kamailio looks at no further entry. */
const ENTRIES_MAX = 1_000;
const WINDOW = 5_000;

const ENTRY = `JSON_TABLE(a.allowed_ips, '$[*]' COLUMNS (net VARCHAR(64) PATH '$')) entry`;
const IS_OPEN_BY_IP = `JSON_CONTAINS(a.auth_types, JSON_QUOTE('ip'))`;

/** The statement of docs/sip.md, without an order of its own: the server gives both the same one, that of the index. */
const ENTRIES = `SELECT a.id, a.reference_type, a.realm, entry.net FROM registrar_sip_auths a, ${ENTRY}
  WHERE a.realm = ? AND ${IS_OPEN_BY_IP} LIMIT ${ENTRIES_MAX}`;

/** What auth_db reads from the view of docs/sip.md. */
const CREDENTIALS = `SELECT a.id, a.reference_type, a.realm, a.username FROM registrar_sip_auths a
  WHERE a.realm = ? AND a.username = ? AND JSON_CONTAINS(a.auth_types, JSON_QUOTE('basic'))
  AND a.username <> '' AND LENGTH(a.password) > 0 ORDER BY a.id LIMIT 100`;

const WINDOW_END = `SELECT a.id FROM registrar_sip_auths a WHERE a.id > ? ORDER BY a.id LIMIT 1 OFFSET ${WINDOW - 1}`;
const WINDOW_ENTRIES = `SELECT a.id, a.reference_type, a.realm, entry.net FROM registrar_sip_auths a, ${ENTRY}
  WHERE a.id > ? AND a.id <= ? AND a.realm <> '' AND ${IS_OPEN_BY_IP}`;

const FIRST_ID = Buffer.alloc(0);
const LAST_ID = Buffer.alloc(16, 0xff);

/** Answers from the rows which account Kamailio, configured as in docs/sip.md, would take a call for. */
@Injectable()
export class AdmissionReader {
  constructor(private readonly database: BinDatabase) {}

  /** The rows that admit the call, in the order in which Kamailio tries them: it takes the first. */
  async find(call: Call): Promise<Admission[]> {
    const entries = await this.query<EntryRow>(ENTRIES, [call.realm]);
    const addressed = byAddress(call.source, entries);
    const byDigest = await this.byDigest(call);
    return [...addressed, ...byDigest.filter(({ id }) => addressed.every((other) => other.id !== id))];
  }

  /** The rows of all realms whose addresses hold the source. Reads the table in bounded parts, in id order. */
  async *findInAnyRealm(source: string): AsyncGenerator<Admission> {
    let after: Buffer | undefined = FIRST_ID;
    while (after !== undefined) {
      const end: Buffer | undefined = (await this.query<RawRow>(WINDOW_END, [after]))[0]?.id;
      yield* byAddress(source, await this.query<EntryRow>(WINDOW_ENTRIES, [after, end ?? LAST_ID]));
      after = end;
    }
  }

  /** Ids of rows in the realm, at most `limit`. */
  async listIds(realm: string, limit: number): Promise<string[]> {
    const sql = `SELECT a.id FROM registrar_sip_auths a WHERE a.realm = ? ORDER BY a.id LIMIT ${limit}`;
    return (await this.query<RawRow>(sql, [realm])).map(({ id }) => bytesToUuid(id));
  }

  private async byDigest({ realm, username }: Call): Promise<Admission[]> {
    if (username === undefined) return [];
    const rows = await this.query<CredentialsRow>(CREDENTIALS, [realm, username]);
    // auth_db takes the first row whatever its realm, and the configuration then refuses another realm.
    if (rows[0] === undefined || asciiLower(rows[0].realm) !== asciiLower(realm)) return [];
    return rows.map((row) => ({ ...admissionOf(row), by: 'digest', entry: null, username: row.username }));
  }

  private query<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.database.read((manager: EntityManager) => manager.query<T[]>(sql, [...values]));
  }
}

/** One admission for each row: by the first entry that holds the source. */
function byAddress(source: string, entries: readonly EntryRow[]): Admission[] {
  const found = new Map<string, Admission>();
  for (const row of entries) {
    const id = bytesToUuid(row.id);
    if (row.net === null || found.has(id) || !isInSubnet(source, row.net)) continue;
    found.set(id, { ...admissionOf(row), by: 'ip', entry: row.net, username: null });
  }
  return [...found.values()];
}

function admissionOf({
  id,
  reference_type: referenceType,
  realm,
}: RawRow): Pick<Admission, 'id' | 'referenceType' | 'realm'> {
  return { id: bytesToUuid(id), referenceType, realm };
}

/** Kamailio's `{s.tolower}`. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
