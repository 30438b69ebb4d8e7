import { sipAccountOf } from '../extension/extension.login';
import { compareAccount } from '../reconcile/comparison';
import type { StoredSipAuth } from '../sip-auth/sip-auth.service';
import { quoted, repair } from './advice';
import type { Evidence } from './evidence';
import { certain, type Finding, found, hint, type Judgement, likely } from './finding';

type Said = (stored: StoredSipAuth | undefined) => Judgement;

/** What Kamailio's configuration of docs/sip.md does with each difference, by the names of `compareAccount`. */
const DIFFERENCES: Readonly<Record<string, Said>> = {
  sip_auth: () =>
    certain('account_missing', 'The row in registrar_sip_auths is missing: calls from the phone get 403.'),
  auth_types: (stored) =>
    stored?.authTypes?.includes('basic') === true
      ? likely('account_types', 'auth_types hold more than "basic": an address may call without a password.')
      : certain('account_types', 'auth_types do not hold "basic": Kamailio takes no password, and calls get 403.'),
  realm: (stored) =>
    certain(
      'account_realm',
      `The row is in the realm ${quoted(stored?.realm)}: calls from the extension's own get 403.`,
    ),
  username: (stored) =>
    certain('account_username', `The row has the user name ${quoted(stored?.username)}: calls from the phone get 403.`),
  password: (stored) =>
    stored?.password
      ? certain('account_password', 'The row has another password than the record: calls from the phone get 403.')
      : certain('account_password', 'The row has no password: calls from the phone get 403.'),
  reference_type: (stored) =>
    likely('account_reference', `reference_type is ${quoted(stored?.referenceType)} and not "extension".`),
  allowed_ips: () => likely('account_addresses', 'allowed_ips differ from those of an extension, which has none.'),
};

/** Compares the row with the record as reconcile does, and looks for rows that Kamailio takes in its place. */
export function checkKamailio(evidence: Evidence): Finding[] {
  const { record, accounts } = evidence;
  const own = accounts.find(({ id }) => id === record.id);
  const differences = compareAccount(sipAccountOf(record), own)
    .filter(({ kind }) => kind !== 'open_account')
    .flatMap(({ what }) => what)
    .map((name) => DIFFERENCES[name]?.(own) ?? likely(name, `${name} differs.`));
  return [...differences.map((one) => found(one, 'kamailio', repair(evidence))), ...checkRivals(evidence, own)];
}

/** Of rows with one realm and user name Kamailio takes the first, and refuses the passwords of the others. */
function checkRivals({ record, accounts }: Evidence, own: StoredSipAuth | undefined): Finding[] {
  const usable = accounts.filter(isInView);
  const first = usable[0];
  return usable
    .filter(({ id }) => id !== record.id)
    .map((rival) => {
      const kind = rival.referenceType === 'trunk' ? 'trunk' : 'extension';
      const text = `The row of ${kind} ${rival.id} has the same realm and user name (${quoted(rival.username)})`;
      const isTaken = rival === first && rival.password !== own?.password;
      return found(
        isTaken
          ? likely('account_shadowed', `${text}: Kamailio takes it first, and refuses this extension's password.`)
          : hint('account_shadows', `${text}: Kamailio takes one of them.`),
        'kamailio',
        `registrar-control reconcile; if it stays: registrar-control ${kind} update --id ${rival.id} --username ANOTHER`,
      );
    });
}

/** The view of docs/sip.md leaves out all others. */
function isInView({ authTypes, username, password }: StoredSipAuth): boolean {
  return authTypes?.includes('basic') === true && Boolean(username) && Boolean(password);
}
