import { PS_ENDPOINTS_COLUMNS, YES_NO } from './ps-endpoints.columns';
import { addIndex, addUniqueId, createTable, type SchemaStep } from './schema-step';
import { KEY, needs, UNUSED, type TableNeeds } from './table-needs';

/**
 * Asterisk's realtime tables as Asterisk's own migrations create them, plus a primary key, which some servers demand.
 * Each is created only if it does not exist.
 */
const TABLES: SchemaStep[] = [
  createTable('ps_aors', [
    'id VARCHAR(255) NOT NULL',
    'contact VARCHAR(255) NULL',
    'default_expiration INT NULL',
    'mailboxes VARCHAR(80) NULL',
    'max_contacts INT NULL',
    'minimum_expiration INT NULL',
    `remove_existing ${YES_NO} NULL`,
    'qualify_frequency INT NULL',
    `authenticate_qualify ${YES_NO} NULL`,
    'maximum_expiration INT NULL',
    'outbound_proxy VARCHAR(255) NULL',
    `support_path ${YES_NO} NULL`,
    'qualify_timeout FLOAT NULL',
    'voicemail_extension VARCHAR(40) NULL',
    `remove_unavailable ${YES_NO} NULL`,
    `qualify_2xx_only ${YES_NO} NULL`,
    'PRIMARY KEY (id)',
    'UNIQUE KEY id (id)',
    'KEY ps_aors_id (id)',
    'KEY ps_aors_qualifyfreq_contact (qualify_frequency, contact)',
  ]),
  createTable('ps_auths', [
    'id VARCHAR(255) NOT NULL',
    "auth_type ENUM('md5','userpass','google_oauth') NULL",
    'nonce_lifetime INT NULL',
    'md5_cred VARCHAR(40) NULL',
    'password VARCHAR(80) NULL',
    'realm VARCHAR(255) NULL',
    'username VARCHAR(40) NULL',
    'refresh_token VARCHAR(255) NULL',
    'oauth_clientid VARCHAR(255) NULL',
    'oauth_secret VARCHAR(255) NULL',
    'password_digest VARCHAR(1024) NULL',
    'supported_algorithms_uas VARCHAR(1024) NULL',
    'supported_algorithms_uac VARCHAR(1024) NULL',
    'PRIMARY KEY (id)',
    'UNIQUE KEY id (id)',
    'KEY ps_auths_id (id)',
  ]),
  createTable('ps_contacts', [
    'id VARCHAR(255) NOT NULL',
    'uri VARCHAR(511) NULL',
    'expiration_time BIGINT NULL',
    'qualify_frequency INT NULL',
    'outbound_proxy VARCHAR(255) NULL',
    'path TEXT NULL',
    'user_agent VARCHAR(255) NULL',
    'qualify_timeout FLOAT NULL',
    'reg_server VARCHAR(255) NULL',
    `authenticate_qualify ${YES_NO} NULL`,
    'via_addr VARCHAR(40) NULL',
    'via_port INT NULL',
    'call_id VARCHAR(255) NULL',
    'endpoint VARCHAR(255) NULL',
    `prune_on_boot ${YES_NO} NULL`,
    `qualify_2xx_only ${YES_NO} NULL`,
    'PRIMARY KEY (id)',
    'UNIQUE KEY id (id)',
    'UNIQUE KEY ps_contacts_uq (id, reg_server)',
    'KEY ps_contacts_id (id)',
    'KEY ps_contacts_qualifyfreq_exp (qualify_frequency, expiration_time)',
  ]),
  createTable('ps_endpoints', [
    ...PS_ENDPOINTS_COLUMNS,
    'PRIMARY KEY (id)',
    'UNIQUE KEY id (id)',
    'KEY ps_endpoints_id (id)',
  ]),
];

/** Asterisk looks contacts up only by id; this service looks them up by endpoint. */
const CONTACTS_BY_ENDPOINT = addIndex('ps_contacts', 'idx_ps_contacts_endpoint', ['endpoint']);

/** Repeated rows may go: a login is written again from its record, a contact by the phone's next REGISTER. */
const UNIQUE_IDS: SchemaStep[] = [
  ...['ps_aors', 'ps_auths', 'ps_endpoints'].map((table) =>
    addUniqueId(table, { stops: 'writes', isProjection: true }),
  ),
  addUniqueId('ps_contacts', { stops: 'registrations', isProjection: true, orWith: ['reg_server'] }),
];

/** In the order in which they can be applied. */
export const ASTERISK_STEPS: readonly SchemaStep[] = [...TABLES, CONTACTS_BY_ENDPOINT, ...UNIQUE_IDS];

export const ASTERISK_NEEDS: Record<string, TableNeeds> = {
  ps_aors: needs('writes', { id: KEY, max_contacts: {}, remove_existing: { words: ['yes'] } }),
  ps_auths: needs('writes', {
    'id realm': KEY,
    auth_type: { words: ['userpass'] },
    username: { length: 40 },
    password: { length: 80 },
  }),
  ps_endpoints: needs('writes', { 'id aors auth': KEY, 'transport context identify_by from_domain': UNUSED }),
  // Asterisk writes these rows: a phone whose contact does not fit cannot register. A push phone's URI is long.
  ps_contacts: needs('registrations', {
    'id user_agent call_id reg_server outbound_proxy': KEY,
    uri: { length: 511 },
    path: { length: 1_024 },
    // Every change of a login deletes its contacts by this column.
    endpoint: { length: 255, takesNull: true, missingStops: 'writes' },
    via_addr: { length: 40 },
    'expiration_time via_port qualify_frequency qualify_timeout authenticate_qualify prune_on_boot': {},
    // Without it, Asterisk from 20.12 and 22.2 answers 200 to a REGISTER and stores no contact.
    qualify_2xx_only: {},
  }),
};
