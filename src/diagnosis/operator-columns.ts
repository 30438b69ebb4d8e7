import { LOGIN_TABLES, type LoginPart } from '../asterisk/asterisk.service';
import type { WholeLogin } from '../asterisk/asterisk.whole-rows';

/** The columns that the service writes. */
const WRITTEN: Readonly<Record<LoginPart, readonly string[]>> = {
  endpoint: ['id', 'aors', 'auth'],
  auth: ['id', 'auth_type', 'username', 'password', 'realm', 'md5_cred', 'password_digest'],
  aor: ['id', 'max_contacts', 'remove_existing'],
};
const SECRET = /pass|secret|cred|digest|token|key|oauth|set_var/;
const SHOWN_MAX = 80;

export interface OperatorColumn {
  readonly column: string;
  readonly value: string;
}

/** The columns that somebody else has set, such as `ps_endpoints.context`. A value that may be secret is not shown. */
export function operatorColumns(login: WholeLogin): OperatorColumn[] {
  return (['endpoint', 'auth', 'aor'] as const).flatMap((part) =>
    Object.entries(login[part][0] ?? {}).flatMap(([name, value]) =>
      value === null || value === '' || WRITTEN[part].includes(name)
        ? []
        : [
            {
              column: `${LOGIN_TABLES[part]}.${name}`,
              value: SECRET.test(name) ? '(not shown)' : value.slice(0, SHOWN_MAX),
            },
          ],
    ),
  );
}
