import type { CatalogColumn, CatalogTable, SchemaCatalog } from './schema-catalog';
import type { SchemaSide } from './schema-report';

interface ColumnNeed {
  length?: number;
  microseconds?: true;
  takesNull?: true;
  /** Words that an ENUM must know. */
  words?: string[];
}
type TableNeeds = Record<string, ColumnNeed>;

const ID: ColumnNeed = { length: 16 };
const TEXT: ColumnNeed = { length: 255 };
const OPTIONAL_TEXT: ColumnNeed = { length: 255, takesNull: true };
const NETWORKS: ColumnNeed = { length: 4096 };
const TIME: ColumnNeed = { microseconds: true };
const OPTIONAL_TIME: ColumnNeed = { microseconds: true, takesNull: true };
const CREDENTIAL_TIMES: TableNeeds = { tm_create: TIME, tm_update: OPTIONAL_TIME };
const RECORD_TIMES: TableNeeds = { ...CREDENTIAL_TIMES, tm_delete: OPTIONAL_TIME };

/** What every column that the service writes or reads must be able to hold. */
const NEEDS: Record<SchemaSide, Record<string, TableNeeds>> = {
  bin: {
    registrar_extensions: {
      ...{ id: ID, customer_id: ID, name: TEXT, detail: TEXT, endpoint_id: TEXT, aor_id: TEXT, auth_id: TEXT },
      ...{ extension: { length: 40 }, domain_name: TEXT, realm: TEXT, username: { length: 40 } },
      ...{ password: { length: 80 }, ...RECORD_TIMES, direct_id: ID, direct_hash: TEXT },
    },
    registrar_trunks: {
      ...{ id: ID, customer_id: ID, name: TEXT, detail: TEXT, domain_name: { length: 63 }, auth_types: TEXT },
      ...{ realm: TEXT, username: { length: 64 }, password: { length: 80 }, allowed_ips: NETWORKS, ...RECORD_TIMES },
    },
    registrar_sip_auths: {
      ...{ id: ID, reference_type: { length: 9 }, auth_types: TEXT, realm: TEXT, allowed_ips: NETWORKS },
      ...{ username: { length: 64, takesNull: true }, password: { length: 80, takesNull: true }, ...CREDENTIAL_TIMES },
    },
    registrar_outbox: {
      ...{ id: {}, resource_id: ID, type: { length: 64 }, publisher: { length: 64 }, payload: { length: 1_000_000 } },
      ...{ cache_keys: { length: 60_000 }, tm_create: TIME, tm_published: OPTIONAL_TIME, attempts: {} },
      ...{ claimed_by: { length: 64, takesNull: true }, claimed_until: OPTIONAL_TIME },
    },
  },
  asterisk: {
    ps_aors: { id: TEXT, max_contacts: {}, remove_existing: { words: ['yes'] } },
    ps_auths: {
      ...{
        id: TEXT,
        auth_type: { words: ['userpass'] },
        username: { length: 40 },
        password: { length: 80 },
        realm: TEXT,
      },
    },
    ps_endpoints: { id: TEXT, aors: TEXT, auth: TEXT, transport: {}, context: {}, identify_by: {}, from_domain: {} },
    ps_contacts: { id: TEXT, uri: TEXT, endpoint: OPTIONAL_TEXT, expiration_time: {}, via_addr: {}, via_port: {} },
  },
};

/** What an existing table cannot hold. Nothing here is changed by us: the tables are the platform's. */
export function findColumnProblems(catalog: SchemaCatalog, side: SchemaSide): string[] {
  return Object.entries(NEEDS[side]).flatMap(([tableName, needs]) => {
    const table = catalog.tables.get(tableName);
    return table === undefined ? [] : tableProblems(tableName, table, needs);
  });
}

function tableProblems(tableName: string, table: CatalogTable, needs: TableNeeds): string[] {
  const problems = Object.entries(needs).flatMap(([name, need]) => {
    const column = table.columns.get(name);
    const found = column === undefined ? ['is missing'] : columnProblems(column, need);
    return found.map((problem) => `${tableName}.${name} ${problem}`);
  });
  for (const [name, column] of table.columns) {
    if (name.startsWith('alive_') && !column.generated) problems.push(`${tableName}.${name} is not a generated column`);
    if (needs[name] === undefined && !column.nullable && !column.filledByServer) {
      problems.push(`${tableName}.${name} is NOT NULL without a default, so rows that do not name it are refused`);
    }
  }
  if (table.engine.toLowerCase() !== 'innodb')
    problems.push(`${tableName} is ${table.engine}, which has no transactions`);
  return problems;
}

function columnProblems(column: CatalogColumn, need: ColumnNeed): string[] {
  const { columnType, maxLength, precision, nullable } = column;
  const problems: string[] = [];
  if (need.length !== undefined && maxLength !== undefined && maxLength < need.length) {
    problems.push(`is ${columnType}, ${need.length} are needed`);
  }
  if (need.microseconds && (precision ?? 0) < 6) problems.push(`is ${columnType}, which loses microseconds`);
  if (need.takesNull && !nullable) problems.push('does not take NULL');
  if (column.dataType === 'enum') {
    for (const word of need.words ?? []) {
      if (!columnType.toLowerCase().includes(`'${word}'`)) problems.push(`does not know the word '${word}'`);
    }
  }
  return problems;
}
