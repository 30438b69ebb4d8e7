import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { convertEach } from '../platform/convert-each';
import { BinDatabase } from '../platform/database/source/databases';
import { holdInTransaction } from '../platform/database/lock/named-lock';
import {
  ALIVE_EXTENSION_KEY,
  ALIVE_USERNAME_KEY,
  LIVING_EXTENSION_DIGEST,
} from '../platform/database/schema/bin.schema';
import { SchemaGuard } from '../platform/database/schema/schema-guard';
import { ALIVE } from '../platform/database/alive';
import { ResourceRepository } from '../platform/database/resource.repository';
import { fromHex, uuidToBytes, ZERO_UUID } from '../platform/wire/go-uuid';
import { EXTENSION_FILTERS } from './extension.dto';
import { ExtensionEntity, type ExtensionRow } from './extension.entity';
import { extensionAlreadyExists, extensionNotFound } from './extension.errors';

/** The tables of Asterisk take `désk@…` for `desk@…`, as the collation does; the keys compare bytes. */
const HAS_LIVING_KEY_OR_LOGIN = `r.alive_key = ${LIVING_EXTENSION_DIGEST} OR r.alive_username_key = ${LIVING_EXTENSION_DIGEST}
  OR (r.endpoint_id = ? AND ${ALIVE})`;

const ALIVE_KEYS = [ALIVE_EXTENSION_KEY, ALIVE_USERNAME_KEY];

/** The columns of a record that its login and its account need. */
export type LoginRecord = Omit<
  ExtensionRow,
  'name' | 'detail' | 'extension' | 'domainName' | 'directId' | 'directHash' | 'tmDelete'
>;

export interface SharingRecords {
  /** Living records with that endpoint id, newest first: the first one owns the login. */
  readonly login: readonly ExtensionRow[];
  /** The customer's other living records with that number or user name, newest first. */
  readonly names: readonly ExtensionRow[];
}

/** What no two living extensions of a customer may share. */
type LoginNames = Pick<ExtensionRow, 'customerId' | 'extension' | 'username' | 'endpointId'>;

type RawLogin = { readonly [Column in keyof LoginRecord]: Column extends 'id' ? string : string | null };

const LOGIN_COLUMNS: readonly (readonly [string, keyof LoginRecord])[] = [
  ['LOWER(HEX(r.id))', 'id'],
  ['LOWER(HEX(r.customer_id))', 'customerId'],
  ['r.realm', 'realm'],
  ['r.endpoint_id', 'endpointId'],
  ['r.aor_id', 'aorId'],
  ['r.auth_id', 'authId'],
  ['r.username', 'username'],
  ['r.password', 'password'],
  ['r.tm_create', 'tmCreate'],
  ['r.tm_update', 'tmUpdate'],
];

/** Extension records. A duplicate key becomes `ALREADY_EXISTS`. */
@Injectable()
export class ExtensionRepository extends ResourceRepository<ExtensionEntity> {
  constructor(
    database: BinDatabase,
    private readonly schema: SchemaGuard,
  ) {
    super(database, {
      entity: ExtensionEntity,
      filters: EXTENSION_FILTERS,
      notFound: extensionNotFound,
      alreadyExists: extensionAlreadyExists,
    });
  }

  /** The customer's newest living extension with that number. */
  async findByNumber(customerId: string, extension: string): Promise<ExtensionRow | null> {
    const rest = `WHERE r.customer_id = ? AND r.extension = ? AND ${ALIVE} ORDER BY r.tm_create DESC LIMIT 1`;
    return (await this.find(rest, [uuidToBytes(customerId), extension]))[0] ?? null;
  }

  /** Throws `ALREADY_EXISTS` when a living extension of the customer has the number, the digest user name or the login. */
  async assertFree(
    { customerId, extension, username, endpointId }: LoginNames,
    exceptId?: string,
    bin?: EntityManager,
  ): Promise<void> {
    const customer = uuidToBytes(customerId);
    // The columns of the keys may be missing with the keys. Only these find a living row without reading the others.
    const [condition, values] = this.mayShareLogins
      ? [`r.customer_id = ? AND (r.extension = ? OR r.username = ?) AND ${ALIVE}`, [customer, extension, username]]
      : [HAS_LIVING_KEY_OR_LOGIN, [customer, extension, customer, username, endpointId]];
    const [others, excepted] = exceptId === undefined ? ['', []] : ['AND r.id <> ?', [uuidToBytes(exceptId)]];
    const rest = `WHERE (${condition}) ${others}`;
    const count = (manager: EntityManager): Promise<number> => this.countIn(manager, rest, [...values, ...excepted]);
    if ((await (bin ? count(bin) : this.database.read(count))) > 0) throw extensionAlreadyExists();
  }

  /**
   * The endpoint ids among these that living extensions have. Uses the connection of `bin` if given, or another one.
   */
  async findAliveEndpointIds(endpointIds: readonly string[], bin?: EntityManager): Promise<string[]> {
    const find = (manager: EntityManager): Promise<{ endpoint_id: string }[]> =>
      this.table(manager).pick(manager, 'r.endpoint_id', `WHERE r.endpoint_id IN (?) AND ${ALIVE}`, [[...endpointIds]]);
    const rows = await (bin ? find(bin) : this.database.read(find));
    return rows.map(({ endpoint_id: endpointId }) => endpointId);
  }

  /**
   * Living records of all customers in id order after `afterId`, with the columns that their logins need. Without
   * TypeORM's entities and Node's buffers, which cost more than all else where a million rows are read.
   */
  async listLogins(afterId: string | undefined, limit: number): Promise<LoginRecord[]> {
    const columns = LOGIN_COLUMNS.map(([column, name]) => `${column} AS ${name}`).join(', ');
    const after = afterId === undefined ? '' : 'AND r.id > ?';
    const values = afterId === undefined ? [] : [uuidToBytes(afterId)];
    const rows = await this.database.read((manager) =>
      this.table(manager).pick<RawLogin>(
        manager,
        columns,
        `WHERE ${ALIVE} ${after} ORDER BY r.id LIMIT ${limit}`,
        values,
      ),
    );
    return convertEach(rows, loginRecordOf);
  }

  override ensureUnique(bin: EntityManager, after: ExtensionRow, before?: ExtensionRow): Promise<void> | undefined {
    const isSame = before?.extension === after.extension && before.username === after.username;
    return this.mayShareLogins && !isSame ? this.keepUnique(bin, after) : undefined;
  }

  /** The newest living record with that endpoint id: it owns the login. */
  async findLoginOwner(bin: EntityManager, endpointId: string): Promise<ExtensionRow | undefined> {
    const rest = `WHERE r.endpoint_id = ? AND ${ALIVE} ORDER BY r.tm_create DESC, r.id DESC LIMIT 1`;
    return (await this.table(bin).find(bin, rest, [endpointId]))[0];
  }

  /** At most ten of each; only records from before the unique keys can share anything. */
  async listSharing({ id, customerId, extension, username, endpointId }: ExtensionRow): Promise<SharingRecords> {
    const newest = `AND ${ALIVE} ORDER BY r.tm_create DESC, r.id DESC LIMIT 10`;
    const named = [uuidToBytes(customerId), extension, username];
    const login = await this.find(`WHERE r.endpoint_id = ? ${newest}`, [endpointId]);
    const names = await this.find(`WHERE r.customer_id = ? AND (r.extension = ? OR r.username = ?) ${newest}`, named);
    return { login, names: names.filter((record) => record.id !== id) };
  }

  /** True while a unique key is missing. Living duplicates from before the key prevent it, and may share a login. */
  get mayShareLogins(): boolean {
    return !ALIVE_KEYS.every((key) => this.schema.hasAliveKey(key));
  }

  /** Replaces the missing unique key: a named lock for the customer, which outlives COMMIT, and a look-up under it. */
  private async keepUnique(bin: EntityManager, record: ExtensionRow): Promise<void> {
    await holdInTransaction(bin, 'extension', record.customerId);
    await this.assertFree(record, record.id, bin);
  }
}

function loginRecordOf(raw: RawLogin): LoginRecord {
  const { realm, endpointId, aorId, authId, username, password, tmCreate, tmUpdate } = raw;
  return {
    id: fromHex(raw.id),
    customerId: raw.customerId === null ? ZERO_UUID : fromHex(raw.customerId),
    realm: realm ?? '',
    endpointId: endpointId ?? '',
    aorId: aorId ?? '',
    authId: authId ?? '',
    username: username ?? '',
    password: password ?? '',
    tmCreate,
    tmUpdate,
  };
}
