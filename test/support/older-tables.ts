import type { TestDatabase } from './database';

const YES_NO = "ENUM('yes','no')";

/**
 * What takes the present tables of Asterisk's realtime back to those that its migrations had made by a version, as far
 * as the service can see a difference. Each version is what came before it, and more.
 */
const STEPS_BACK: readonly (readonly [version: string, statements: readonly string[]])[] = [
  [
    '22',
    [
      'ALTER TABLE ps_aors DROP PRIMARY KEY',
      'ALTER TABLE ps_auths DROP PRIMARY KEY',
      'ALTER TABLE ps_endpoints DROP PRIMARY KEY',
      'ALTER TABLE ps_contacts DROP PRIMARY KEY, DROP KEY idx_ps_contacts_endpoint, MODIFY id VARCHAR(255) NULL',
    ],
  ],
  [
    '20.5, with ids that may be NULL',
    [
      `ALTER TABLE ps_aors MODIFY id VARCHAR(255) NULL, MODIFY remove_existing ${YES_NO}, MODIFY support_path ${YES_NO}`,
      `ALTER TABLE ps_auths MODIFY id VARCHAR(255) NULL, DROP COLUMN password_digest,
        DROP COLUMN supported_algorithms_uas, DROP COLUMN supported_algorithms_uac`,
      `ALTER TABLE ps_endpoints MODIFY id VARCHAR(255) NULL, MODIFY rewrite_contact ${YES_NO}, DROP COLUMN tenantid,
        DROP COLUMN suppress_moh_on_sendonly`,
      `ALTER TABLE ps_contacts MODIFY prune_on_boot ${YES_NO}, DROP COLUMN qualify_2xx_only`,
    ],
  ],
  [
    '20.0, with ids of 40 characters',
    [
      'ALTER TABLE ps_aors MODIFY id VARCHAR(40) NOT NULL, MODIFY outbound_proxy VARCHAR(40)',
      'ALTER TABLE ps_auths MODIFY id VARCHAR(40) NOT NULL, MODIFY realm VARCHAR(40)',
      'ALTER TABLE ps_contacts MODIFY outbound_proxy VARCHAR(40), MODIFY endpoint VARCHAR(40)',
      `ALTER TABLE ps_endpoints MODIFY id VARCHAR(40) NOT NULL, MODIFY aors VARCHAR(200), MODIFY auth VARCHAR(40),
        MODIFY outbound_auth VARCHAR(40), MODIFY outbound_proxy VARCHAR(40)`,
    ],
  ],
  [
    '18.0',
    [
      'ALTER TABLE ps_aors DROP COLUMN remove_unavailable, DROP COLUMN qualify_2xx_only',
      `ALTER TABLE ps_auths MODIFY auth_type ENUM('md5','userpass'), DROP COLUMN refresh_token,
        DROP COLUMN oauth_clientid, DROP COLUMN oauth_secret`,
    ],
  ],
  ['16.0', ['ALTER TABLE ps_contacts MODIFY uri VARCHAR(255), MODIFY reg_server VARCHAR(20)']],
  [
    '13.0, without columns of contacts',
    [
      'ALTER TABLE ps_aors DROP KEY ps_aors_qualifyfreq_contact, MODIFY contact VARCHAR(40), DROP COLUMN voicemail_extension',
      `ALTER TABLE ps_contacts DROP KEY ps_contacts_uq, DROP KEY ps_contacts_qualifyfreq_exp, DROP COLUMN reg_server,
        DROP COLUMN authenticate_qualify, DROP COLUMN via_addr, DROP COLUMN via_port, DROP COLUMN call_id,
        DROP COLUMN endpoint, DROP COLUMN prune_on_boot, DROP COLUMN qualify_timeout,
        MODIFY expiration_time VARCHAR(40)`,
      "ALTER TABLE ps_endpoints MODIFY identify_by ENUM('username')",
    ],
  ],
];

const AS_THEY_ARE = 'as they are';
const NARROW = ['ps_aors', 'ps_auths', 'ps_endpoints'];
const TABLES = [...NARROW, 'ps_contacts'];

/** In four bytes a character, their widest keys and rows fit neither into compact rows nor into MyISAM. */
const ASCII = ['ps_aors', 'ps_endpoints'].map((table) => `ALTER TABLE ${table} CONVERT TO CHARACTER SET latin1`);

/** What an operator or an older server has made of the tables of any version. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  [AS_THEY_ARE]: [],
  'of latin1': TABLES.map((table) => `ALTER TABLE ${table} CONVERT TO CHARACTER SET latin1`),
  'with compact rows': [...ASCII, ...NARROW.map((table) => `ALTER TABLE ${table} ROW_FORMAT=COMPACT`)],
  'of MyISAM': [...ASCII, ...NARROW.map((table) => `ALTER TABLE ${table} ENGINE=MyISAM`)],
  'with foreign keys': [
    'ALTER TABLE ps_endpoints ADD CONSTRAINT to_auth FOREIGN KEY (auth) REFERENCES ps_auths (id) ON DELETE RESTRICT',
    `ALTER TABLE ps_endpoints MODIFY aors VARCHAR(255), ADD CONSTRAINT to_aor FOREIGN KEY (aors) REFERENCES ps_aors (id)`,
  ],
  'without keys': TABLES.map((table) => `ALTER TABLE ${table} DROP KEY id, DROP KEY ${table}_id`),
};

/** Every version as it was; the variants on one version with wide keys, and on the oldest. */
export const OLDER_TABLES: readonly (readonly [version: string, variant: string])[] = STEPS_BACK.flatMap(
  ([version], index) =>
    Object.keys(VARIANTS)
      .filter(
        (variant) =>
          variant === AS_THEY_ARE ||
          index === STEPS_BACK.length - 1 ||
          (index === 1 && /foreign|without|latin1/.test(variant)),
      )
      .map((variant) => [version, variant] as const),
);

/** Takes tables that the service has made back to those of an older Asterisk. */
export async function makeOlder(database: TestDatabase, version: string, variant: string): Promise<void> {
  for (const [step, statements] of STEPS_BACK) {
    for (const sql of statements) await database.run(sql);
    if (step === version) break;
  }
  for (const sql of VARIANTS[variant] ?? []) await database.run(sql);
}
