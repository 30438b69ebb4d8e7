import { LOGIN_TABLES, type LoginPart, type LoginRows } from '../asterisk/asterisk.service';
import type { WholeLogin } from '../asterisk/asterisk.whole-rows';
import type { WholeRow } from '../asterisk/whole-row';
import { loginOf } from '../extension/extension.login';
import type { ExtensionRow } from '../extension/extension.entity';
import { compareLogin } from '../reconcile/comparison';
import { quoted, repair } from './advice';
import { checkColumns } from './column.rules';
import { digestState } from './credential-digest';
import type { AsteriskEvidence, Evidence } from './evidence';
import { certain, type Finding, found, type Judgement, likely } from './finding';

type Said = (record: ExtensionRow, row: WholeRow) => Judgement;

/** What Asterisk 22.10 does with each difference that reconcile would repair, by the names of `compareLogin`. */
const DIFFERENCES: Readonly<Record<string, Said>> = {
  aor: () => certain('aor_missing', 'The row in ps_aors is missing: Asterisk answers REGISTER with 404.'),
  auth: () => certain('auth_missing', 'The row in ps_auths is missing: Asterisk answers REGISTER with 500.'),
  endpoint: () =>
    certain(
      'endpoint_missing',
      'The row in ps_endpoints is missing: Asterisk does not know the extension, and refuses every password.',
    ),
  'auth.auth_type': (_, { auth_type: type }) =>
    type === 'google_oauth'
      ? certain('auth_type', 'auth_type is google_oauth: Asterisk answers REGISTER with 500.')
      : likely('auth_type', `auth_type is ${quoted(type)} and not "userpass": what else is in the row decides.`),
  'auth.username': ({ username: wanted }, { username }) =>
    certain('auth_username', `Asterisk expects the user name ${quoted(username)}; the phone has ${quoted(wanted)}.`),
  'auth.password': (_, { password }) =>
    password
      ? certain('auth_password', 'Asterisk reads another password from ps_auths than the record has.')
      : certain('auth_password', 'ps_auths has no password: Asterisk answers REGISTER with 500.'),
  'auth.realm': ({ realm: wanted }, { realm }) =>
    likely(
      'auth_realm',
      `The challenge names the realm ${quoted(realm)} and not ${quoted(wanted)}: some phones do not answer.`,
    ),
  'auth.digest': digest,
  'endpoint.aors': ({ aorId }, { aors }) =>
    namesOf(aors).includes(aorId)
      ? likely('endpoint_aors', `aors is ${quoted(aors)} and not the extension's own alone: calls may ring elsewhere.`)
      : certain(
          'endpoint_aors',
          `aors is ${quoted(aors)} and not the extension's own: Asterisk refuses every REGISTER.`,
        ),
  'endpoint.auth': ({ authId }, { auth }) => {
    const names = namesOf(auth);
    if (names.length === 0) {
      return certain('endpoint_open', 'auth is empty: Asterisk lets everybody register without a password.');
    }
    const text = `auth is ${quoted(auth)} and not the extension's own`;
    return names.includes(authId)
      ? likely('endpoint_auth', `${text} alone: another password may be taken, too, or each refused.`)
      : certain('endpoint_auth', `${text}: its password is refused.`);
  },
};

/** Asterisk takes lists of names, with blanks around them. */
function namesOf(list: string | null | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function digest(record: ExtensionRow, auth: WholeRow): Judgement {
  const state = digestState(auth, record);
  if (state === 'same') {
    return likely('auth_digest', 'ps_auths holds a digest of the password, too, which a change by hand leaves valid.');
  }
  const text = 'ps_auths holds a digest of another password, which Asterisk prefers';
  return state === 'other, MD5'
    ? certain('auth_digest', `${text}: the right password is refused.`)
    : likely('auth_digest', `${text}: phones that answer with SHA are refused.`);
}

const PARTS: readonly LoginPart[] = ['endpoint', 'auth', 'aor'];

/** Compares the rows with the record as reconcile does, and judges the columns that operators set. */
export function checkLogin(evidence: Evidence, { login }: AsteriskEvidence): Finding[] {
  const { record, sharing, expectedAuth } = evidence;
  // The rows of a shared login follow its newest record.
  if (sharing.login[0] !== undefined && sharing.login[0].id !== record.id) return [];
  const differences = compareLogin(loginOf(record), expectedAuth, comparable(login)).flatMap(({ what }) => what);
  return PARTS.flatMap((part) => [
    ...repeated(part, login),
    ...differences
      .filter((name) => name.split('.')[0] === part)
      .flatMap((name) => {
        const judgement = DIFFERENCES[name]?.(record, login[part][0] ?? {}) ?? likely(name, `${name} differs.`);
        return [found(judgement, LOGIN_TABLES[part], repair(evidence))];
      }),
    ...login[part].slice(0, 1).flatMap((row) => checkColumns(part, row, row['id'] ?? '')),
  ]);
}

function repeated(part: LoginPart, login: WholeLogin): Finding[] {
  const count = login[part].length;
  if (count < 2) return [];
  const text = `${LOGIN_TABLES[part]} has ${count} rows of this id: Asterisk takes whichever comes first.`;
  const advice = 'have the SQL of registrar-control schema verify run, then registrar-control reconcile';
  return [found(likely('repeated_rows', text), LOGIN_TABLES[part], advice)];
}

function comparable(login: WholeLogin): LoginRows {
  const [auth, endpoint, aor] = [login.auth[0], login.endpoint[0], login.aor[0]];
  return {
    ...(aor && { aor: { id: idOf(aor), maxContacts: null, removeExisting: null } }),
    ...(auth && {
      auth: {
        id: idOf(auth),
        authType: auth['auth_type'] ?? null,
        username: auth['username'] ?? null,
        password: auth['password'] ?? null,
        realm: auth['realm'] ?? null,
      },
    }),
    ...(endpoint && {
      endpoint: { id: idOf(endpoint), aors: endpoint['aors'] ?? null, auth: endpoint['auth'] ?? null },
    }),
    hasFurtherSecret: Boolean(auth?.['md5_cred'] || auth?.['password_digest']),
  };
}

const idOf = (row: WholeRow): string => row['id'] ?? '';
