import {
  addIndex,
  addLivingKey,
  addUniqueId,
  COLLATION,
  createTable,
  digestOf,
  livingDigest,
  type SchemaStep,
} from './schema-step';
import { KEY, needs, OPTIONAL_TIME, TEXT, TIME, UUID, type TableNeeds } from './table-needs';

const EXTENSIONS = 'registrar_extensions';
const TRUNKS = 'registrar_trunks';
const SIP_AUTHS = 'registrar_sip_auths';
const OUTBOX = 'registrar_outbox';

const texts = (...names: string[]): string[] => names.map((name) => `${name} VARCHAR(255) NULL`);
const times = (...names: string[]): string[] => names.map((name) => `${name} DATETIME(6) NULL`);
const keys = (table: string, ...columns: string[]): string[] =>
  columns.map((column) => `KEY idx_${table}_${column} (${column})`);

/** The platform's tables. Each is created only if it does not exist. */
const TABLES: SchemaStep[] = [
  createTable(EXTENSIONS, [
    'id BINARY(16) NOT NULL',
    'customer_id BINARY(16) NULL',
    ...texts('name', 'detail', 'endpoint_id', 'aor_id', 'auth_id', 'extension', 'domain_name', 'realm'),
    ...texts('username', 'password'),
    ...times('tm_create', 'tm_update', 'tm_delete'),
    'direct_id BINARY(16) NULL',
    ...texts('direct_hash'),
    'PRIMARY KEY (id)',
    ...keys(EXTENSIONS, 'customer_id', 'extension', 'domain_name', 'username', 'realm'),
  ]),
  createTable(TRUNKS, [
    'id BINARY(16) NOT NULL',
    'customer_id BINARY(16) NULL',
    ...texts('name', 'detail', 'domain_name'),
    'auth_types JSON NULL',
    ...texts('realm', 'username', 'password'),
    'allowed_ips JSON NULL',
    ...times('tm_create', 'tm_update', 'tm_delete'),
    'PRIMARY KEY (id)',
    ...keys(TRUNKS, 'customer_id', 'domain_name', 'realm'),
  ]),
  createTable(SIP_AUTHS, [
    'id BINARY(16) NOT NULL',
    ...texts('reference_type'),
    'auth_types JSON NULL',
    ...texts('realm', 'username', 'password'),
    'allowed_ips JSON NULL',
    ...times('tm_create', 'tm_update'),
    'PRIMARY KEY (id)',
    ...keys(SIP_AUTHS, 'realm'),
  ]),
];

const ADDITIONS: SchemaStep[] = [
  createTable(OUTBOX, [
    'id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT',
    'resource_id BINARY(16) NOT NULL',
    'type VARCHAR(64) NOT NULL',
    'publisher VARCHAR(64) NOT NULL',
    'payload MEDIUMTEXT NOT NULL',
    'cache_keys TEXT NOT NULL',
    'tm_create DATETIME(6) NOT NULL',
    'tm_published DATETIME(6) NULL',
    'claimed_by VARCHAR(64) NULL',
    'claimed_until DATETIME(6) NULL',
    'attempts INT NOT NULL DEFAULT 0',
    'PRIMARY KEY (id)',
    `KEY idx_${OUTBOX}_resource (resource_id, id)`,
    `KEY idx_${OUTBOX}_tm_create (tm_create)`,
  ]),
  addIndex(EXTENSIONS, `idx_${EXTENSIONS}_customer_create`, ['customer_id', 'tm_create']),
  addIndex(EXTENSIONS, `idx_${EXTENSIONS}_customer_delete`, ['customer_id', 'tm_delete']),
  addIndex(EXTENSIONS, `idx_${EXTENSIONS}_customer_extension`, ['customer_id', 'extension']),
  addIndex(EXTENSIONS, `idx_${EXTENSIONS}_endpoint_id`, ['endpoint_id']),
  addIndex(TRUNKS, `idx_${TRUNKS}_customer_create`, ['customer_id', 'tm_create']),
  addIndex(TRUNKS, `idx_${TRUNKS}_customer_delete`, ['customer_id', 'tm_delete']),
];

export const ALIVE_EXTENSION_KEY = 'uq_registrar_extensions_alive';
export const ALIVE_USERNAME_KEY = 'uq_registrar_extensions_alive_username';
export const ALIVE_TRUNK_KEY = 'uq_registrar_trunks_alive';

const ofCustomer = (customerId: string, text: string): string[] => [`hex(${customerId})`, `lower(${text})`];

/**
 * What `alive_key` and `alive_username_key` of a living extension hold. The parameters are the customer's id and the
 * text. The collation is that of the columns, because `lower()` depends on it. Where an existing table has another one,
 * a look-up can miss a letter that the key then refuses.
 */
export const LIVING_EXTENSION_DIGEST = digestOf(ofCustomer('?', `convert(? using utf8mb4) collate ${COLLATION}`));

/** Living numbers and digest user names are unique per customer, living trunk domain names among all customers. */
const LIVING_KEYS: SchemaStep[] = [
  ...addLivingKey({
    table: EXTENSIONS,
    column: 'alive_key',
    key: ALIVE_EXTENSION_KEY,
    expression: livingDigest(ofCustomer('customer_id', 'extension')),
    valueColumn: 'extension',
  }),
  ...addLivingKey({
    table: EXTENSIONS,
    column: 'alive_username_key',
    key: ALIVE_USERNAME_KEY,
    expression: livingDigest(ofCustomer('customer_id', 'username')),
    valueColumn: 'username',
  }),
  ...addLivingKey({
    table: TRUNKS,
    column: 'alive_key',
    key: ALIVE_TRUNK_KEY,
    expression: livingDigest(['lower(domain_name)']),
    valueColumn: 'domain_name',
  }),
];

/** Repeated rows for Kamailio may go: the records restore them. For records and events a person must choose. */
const UNIQUE_IDS: SchemaStep[] = [
  ...[EXTENSIONS, TRUNKS, OUTBOX].map((table) => addUniqueId(table, { stops: 'writes', isProjection: false })),
  addUniqueId(SIP_AUTHS, { stops: 'writes', isProjection: true }),
];

/** In the order in which they can be applied. */
export const BIN_STEPS: readonly SchemaStep[] = [...TABLES, ...ADDITIONS, ...LIVING_KEYS, ...UNIQUE_IDS];

const NETWORKS = { length: 4_096, shortStops: 'nothing' } as const;

export const BIN_NEEDS: Record<string, TableNeeds> = {
  [EXTENSIONS]: needs('writes', {
    'id customer_id direct_id': UUID,
    'endpoint_id aor_id auth_id domain_name realm direct_hash': KEY,
    'name detail': TEXT,
    'extension username': { length: 40 },
    password: { length: 80 },
    tm_create: TIME,
    'tm_update tm_delete': OPTIONAL_TIME,
  }),
  [TRUNKS]: needs('writes', {
    'id customer_id': UUID,
    realm: KEY,
    'name detail auth_types': TEXT,
    allowed_ips: NETWORKS,
    domain_name: { length: 63 },
    username: { length: 64 },
    password: { length: 80 },
    tm_create: TIME,
    'tm_update tm_delete': OPTIONAL_TIME,
  }),
  [SIP_AUTHS]: needs('writes', {
    id: UUID,
    realm: KEY,
    auth_types: TEXT,
    allowed_ips: NETWORKS,
    reference_type: { length: 9 },
    username: { length: 64, takesNull: true },
    password: { length: 80, takesNull: true },
    tm_create: TIME,
    tm_update: OPTIONAL_TIME,
  }),
  [OUTBOX]: needs('writes', {
    id: { filled: true },
    resource_id: UUID,
    'type publisher': { length: 64 },
    payload: { length: 1_000_000, shortStops: 'nothing' },
    cache_keys: { length: 1_000 },
    attempts: {},
    claimed_by: { length: 64, takesNull: true },
    tm_create: TIME,
    'tm_published claimed_until': OPTIONAL_TIME,
  }),
};
