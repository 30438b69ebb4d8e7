import { encodedLength, ENCODED_PASSWORD_MAX, passwordAsRead } from '../asterisk/asterisk-password';
import { identityInRealm } from '../asterisk/endpoint-identity';
import type { ExtensionRow } from '../extension/extension.entity';
import { characterCount, isSipName } from '../platform/wire/text.rules';
import { quoted, update } from './advice';
import type { Evidence } from './evidence';
import { certain, type Finding, found, hint, type Judgement, likely } from './finding';

const NEW_PASSWORD = '--generate-password';

type RecordRule = (record: ExtensionRow) => { readonly judgement: Judgement; readonly flags: string } | undefined;

/** Records of the original may hold what this service refuses. */
const RECORD_RULES: readonly RecordRule[] = [
  ({ password }) =>
    password.trim() === ''
      ? { judgement: certain('empty_password', 'The record has no password: nobody gets in.'), flags: NEW_PASSWORD }
      : undefined,
  ({ password }) =>
    encodedLength(password) > ENCODED_PASSWORD_MAX && !fitsAsIs(password)
      ? {
          judgement: certain('long_password', 'The password is too long for the column ps_auths.password.'),
          flags: NEW_PASSWORD,
        }
      : undefined,
  ({ password }) =>
    /[^ -~]/.test(password)
      ? {
          judgement: hint(
            'password_not_ascii',
            'The password holds characters outside ASCII: some phones encode them in another way, and are refused.',
          ),
          flags: NEW_PASSWORD,
        }
      : undefined,
  ({ username }) =>
    username === '' || !isSipName(username)
      ? {
          judgement: likely(
            'unusable_username',
            `The user name ${quoted(username)} is empty or holds characters that phones or Kamailio change.`,
          ),
          flags: '--username NAME',
        }
      : undefined,
  ({ extension }) =>
    extension === '' || !isSipName(extension)
      ? {
          judgement: likely(
            'unusable_number',
            `The number ${quoted(extension)} is empty or holds characters that phones or Asterisk change.`,
          ),
          flags: '--extension-number NUMBER',
        }
      : undefined,
  ({ extension, realm, endpointId }) =>
    endpointId === identityInRealm(extension, realm).endpointId
      ? undefined
      : {
          judgement: likely(
            'foreign_endpoint_id',
            `The endpoint is ${quoted(endpointId)}: Asterisk does not find it for ${quoted(`${extension}@${realm}`)}.`,
          ),
          flags: '--extension-number ANOTHER, and then back',
        },
];

/** The original stored the plain text, which Asterisk may read unchanged although its encoded form is longer. */
function fitsAsIs(password: string): boolean {
  return characterCount(password) <= ENCODED_PASSWORD_MAX && passwordAsRead(password) === password;
}

export function checkRecord({ record }: Evidence): Finding[] {
  return RECORD_RULES.flatMap((rule) => {
    const broken = rule(record);
    return broken === undefined ? [] : [found(broken.judgement, 'record', update(record, broken.flags))];
  });
}

export function checkDomain({ record, domain }: Evidence): Finding[] {
  if (!domain.isRepaired) {
    const text = `The realm ${quoted(record.realm)} is neither below ${domain.base} nor the customer's: reconcile leaves its rows.`;
    return [found(hint('foreign_realm', text), 'record', 'create an extension for the phone in its place')];
  }
  if (domain.isBase) return [];
  const text = `The extension was made below an earlier base domain; ${domain.base} on the phone is wrong.`;
  return [found(hint('earlier_domain', text), 'record', `set the phone's domain to ${record.realm}`)];
}

/** Living records that share a login, a number or a user name. */
export function checkSharing({ record, sharing }: Evidence): Finding[] {
  const owner = sharing.login[0];
  const others = new Map([...sharing.login, ...sharing.names].map((other) => [other.id, other]));
  others.delete(record.id);
  return [...others.values()].map((other) => {
    const remove = `registrar-control extension delete --id ${other.id} (or --id ${record.id}), whichever nobody needs`;
    if (other.id === owner?.id) {
      const text = `A newer living extension, ${other.id}, has the same login: Asterisk takes its password, not this one's.`;
      return found(certain('login_of_another', text), 'record', remove);
    }
    const text = `Another living extension of the customer, ${other.id}, has the same number or user name, too.`;
    return found(hint('shared_name', text), 'record', remove);
  });
}
