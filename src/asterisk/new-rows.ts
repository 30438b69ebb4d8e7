import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config';
import type { PsAuthRow } from './entities/ps-auth.entity';
import type { PsEndpointRow } from './entities/ps-endpoint.entity';

/** As the original: three contacts for each AOR; a further one replaces the contact that expires first. */
const NEW_AOR = { max_contacts: 3, remove_existing: 'yes' };

type Values = ReadonlyMap<string, string | number>;
type Statement = readonly [sql: string, values: unknown[]];

/**
 * The statements that insert the rows of a login. ASTERISK_ENDPOINT_DEFAULTS adds columns to new rows of ps_aors and
 * ps_endpoints; their names are checked when the configuration is read, and their values are bound.
 */
@Injectable()
export class NewRows {
  private readonly aorValues: Values;
  private readonly endpointValues: Values;

  constructor({ asteriskEndpointDefaults }: Config) {
    this.aorValues = new Map<string, string | number>([
      ...Object.entries(NEW_AOR),
      ...asteriskEndpointDefaults.ps_aors,
    ]);
    this.endpointValues = asteriskEndpointDefaults.ps_endpoints;
  }

  aor(id: string): Statement {
    const { aorValues } = this;
    return [`INSERT INTO ps_aors (id${names(aorValues)}) VALUES (?${places(aorValues)})`, [id, ...aorValues.values()]];
  }

  /** Inserts nothing where the row is there, also in a table without keys. */
  missingAor(id: string): Statement {
    const { aorValues } = this;
    const sql = `INSERT INTO ps_aors (id${names(aorValues)})
                 SELECT ?${places(aorValues)} FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ps_aors WHERE id = ?)`;
    return [sql, [id, ...aorValues.values(), id]];
  }

  auth({ id, authType, username, password, realm }: PsAuthRow): Statement {
    const sql = 'INSERT INTO ps_auths (id, auth_type, username, password, realm) VALUES (?, ?, ?, ?, ?)';
    return [sql, [id, authType, username, password, realm]];
  }

  endpoint({ id, aors, auth }: PsEndpointRow): Statement {
    const { endpointValues } = this;
    const sql = `INSERT INTO ps_endpoints (id, aors, auth${names(endpointValues)}) VALUES (?, ?, ?${places(endpointValues)})`;
    return [sql, [id, aors, auth, ...endpointValues.values()]];
  }
}

/** Quoted where a name needs it: `100rel` does not begin with a letter. */
function names(values: Values): string {
  return [...values.keys()].map((name) => `, ${Object.hasOwn(NEW_AOR, name) ? name : `\`${name}\``}`).join('');
}

function places(values: Values): string {
  return ', ?'.repeat(values.size);
}
