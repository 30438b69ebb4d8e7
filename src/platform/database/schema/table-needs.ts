import type { SchemaSide, Stops } from './schema-report';

export interface ColumnNeed {
  /** In characters; in bytes for binary. */
  length?: number;
  /** What a column that is too short stops, where that is less than the table's own. */
  shortStops?: Stops;
  /** Exactly the 16 bytes of a uuid. */
  uuid?: true;
  microseconds?: true;
  takesNull?: true;
  /** Words that the column must be able to hold. */
  words?: string[];
  /** Filled by the server when an INSERT does not name it. */
  filled?: true;
  /** Neither read nor written by us: that it is missing is only told. */
  unused?: true;
}

export interface TableNeeds {
  stops: Stops;
  columns: Record<string, ColumnNeed>;
}

const ID: ColumnNeed = { uuid: true };
const KEY: ColumnNeed = { length: 255 };
/** What people write: most of it is short. A longer one is refused by the server, and its writer is told. */
const TEXT: ColumnNeed = { length: 255, shortStops: 'nothing' };
const NETWORKS: ColumnNeed = { length: 4096, shortStops: 'nothing' };
const TIME: ColumnNeed = { microseconds: true };
const OPTIONAL_TIME: ColumnNeed = { microseconds: true, takesNull: true };
const UNUSED: ColumnNeed = { unused: true };
const CREDENTIAL_TIMES = { tm_create: TIME, tm_update: OPTIONAL_TIME };
const RECORD_TIMES = { ...CREDENTIAL_TIMES, tm_delete: OPTIONAL_TIME };

/** What every column that the service writes or reads must be able to hold. */
export const TABLE_NEEDS: Record<SchemaSide, Record<string, TableNeeds>> = {
  bin: {
    registrar_extensions: {
      stops: 'writes',
      columns: {
        ...{ id: ID, customer_id: ID, name: TEXT, detail: TEXT, endpoint_id: KEY, aor_id: KEY, auth_id: KEY },
        ...{ extension: { length: 40 }, domain_name: KEY, realm: KEY, username: { length: 40 } },
        ...{ password: { length: 80 }, ...RECORD_TIMES, direct_id: ID, direct_hash: KEY },
      },
    },
    registrar_trunks: {
      stops: 'writes',
      columns: {
        ...{ id: ID, customer_id: ID, name: TEXT, detail: TEXT, domain_name: { length: 63 }, auth_types: TEXT },
        ...{ realm: KEY, username: { length: 64 }, password: { length: 80 }, allowed_ips: NETWORKS, ...RECORD_TIMES },
      },
    },
    registrar_sip_auths: {
      stops: 'writes',
      columns: {
        ...{ id: ID, reference_type: { length: 9 }, auth_types: TEXT, realm: KEY, allowed_ips: NETWORKS },
        ...{
          username: { length: 64, takesNull: true },
          password: { length: 80, takesNull: true },
          ...CREDENTIAL_TIMES,
        },
      },
    },
    registrar_outbox: {
      stops: 'writes',
      columns: {
        ...{ id: { filled: true }, resource_id: ID, type: { length: 64 }, publisher: { length: 64 } },
        ...{ payload: { length: 1_000_000, shortStops: 'nothing' }, cache_keys: { length: 1_000 }, attempts: {} },
        ...{ tm_create: TIME, tm_published: OPTIONAL_TIME, claimed_by: { length: 64, takesNull: true } },
        claimed_until: OPTIONAL_TIME,
      },
    },
  },
  asterisk: {
    ps_aors: { stops: 'writes', columns: { id: KEY, max_contacts: {}, remove_existing: { words: ['yes'] } } },
    ps_auths: {
      stops: 'writes',
      columns: {
        id: KEY,
        auth_type: { words: ['userpass'] },
        username: { length: 40 },
        password: { length: 80 },
        realm: KEY,
      },
    },
    ps_endpoints: {
      stops: 'writes',
      columns: {
        ...{ id: KEY, aors: KEY, auth: KEY },
        ...{ transport: UNUSED, context: UNUSED, identify_by: UNUSED, from_domain: UNUSED },
      },
    },
    // Asterisk's own rows: a phone whose contact does not fit cannot register. A push phone's address is long.
    ps_contacts: {
      stops: 'registrations',
      columns: {
        ...{ id: KEY, uri: { length: 511 }, path: { length: 1_024 }, endpoint: { length: 255, takesNull: true } },
        ...{ expiration_time: {}, via_addr: { length: 40 }, via_port: {}, user_agent: KEY, call_id: KEY },
        ...{ reg_server: KEY, outbound_proxy: KEY, qualify_frequency: {}, qualify_timeout: {} },
        ...{ authenticate_qualify: {}, prune_on_boot: {} },
      },
    },
  },
};
