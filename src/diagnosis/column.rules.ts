import { LOGIN_TABLES, type LoginPart } from '../asterisk/asterisk.service';
import { isYes, valuesAsRead } from '../asterisk/realtime-text';
import type { WholeRow } from '../asterisk/whole-row';
import { sqlText } from '../platform/database/sql-text';
import { quoted, sqlOf } from './advice';
import { certain, type Finding, found, hint, type Judgement, likely } from './finding';

interface ColumnRule {
  readonly column: string;
  /** As Asterisk reads the column: '' where it is NULL, blank or missing, and several values with commas between. */
  readonly judge: (value: string, read: Read) => Judgement | undefined;
  /** What the advice sets instead of making the column NULL, Asterisk's default. */
  readonly mended?: string;
}

/** The values of another column of the row. */
type Read = (column: string) => readonly string[];

const unless = (isFine: boolean, judgement: Judgement): Judgement | undefined => (isFine ? undefined : judgement);
const given = (column: string, judgement: (value: string) => Judgement): ColumnRule => ({
  column,
  judge: (value) => unless(value === '', judgement(value)),
});
const words = (value: string): string[] => value.split(',').map((word) => word.trim().toLowerCase());

/** Every IPv4 address, as an access list of Asterisk may say it. */
const EVERYBODY = /^\s*0\.0\.0\.0\/(?:0|0\.0\.0\.0)\s*$/;

function accessList(deny: string, permit: string, whom: string): ColumnRule {
  return {
    column: deny,
    judge: (value, read) => {
      if (value === '') return undefined;
      const admitted = read(permit).join(',');
      // An entry with `!` admits in `deny`.
      const admitsNobody =
        value.split(',').some((entry) => EVERYBODY.test(entry)) && !value.includes('!') && admitted === '';
      return admitsNobody
        ? certain('denied', `${deny} refuses every address and ${permit} admits none: ${whom} is refused.`)
        : hint('denied', `${deny} refuses ${whom} from ${quoted(value)}, except from ${quoted(admitted || null)}.`);
    },
  };
}

/** Asterisk refuses the whole row for a number out of its range. */
const within = (column: string, most: number, effect: string): ColumnRule => ({
  column,
  judge: (value) =>
    unless(!(Number(value) < 0 || Number(value) > most), certain(column, `${column} is ${value}: ${effect}`)),
});
const NO_AOR = 'Asterisk refuses the AOR, and REGISTER gets 404.';

/** Seen on Asterisk 22.10: what each column of an operator does to a REGISTER or a call. */
const ENDPOINT_RULES: readonly ColumnRule[] = [
  {
    column: 'identify_by',
    judge: (value) =>
      unless(
        value === '' || words(value).includes('username'),
        likely(
          'identify_by',
          `identify_by is ${quoted(value)}: Asterisk does not find the endpoint by the phone's user name.`,
        ),
      ),
  },
  accessList('deny', 'permit', 'a phone'),
  accessList('contact_deny', 'contact_permit', 'a contact'),
  given('acl', (value) => hint('acl', `Only phones that the list ${quoted(value)} of acl.conf admits get in.`)),
  given('contact_acl', (value) =>
    hint('acl', `Only contacts that the list ${quoted(value)} of acl.conf admits get in.`),
  ),
  {
    column: 'set_var',
    judge: (_, read) =>
      unless(
        read('set_var').every((variable) => variable.includes('=')),
        certain('set_var', 'set_var has a value without "=": Asterisk refuses the whole endpoint.'),
      ),
  },
  {
    column: 'disallow',
    judge: (value, read) =>
      unless(
        !words(value).includes('all') || read('allow').length > 0,
        likely('no_codec', 'disallow is "all" and allow is empty: an INVITE to the phone offers no media.'),
      ),
    mended: "allow = 'ulaw,alaw'",
  },
  {
    column: 'outbound_proxy',
    judge: (value) => {
      if (value === '') return undefined;
      return /(?:^|<)sips?:/i.test(value)
        ? hint('outbound_proxy', `Calls to the phone go by ${quoted(value)}.`)
        : certain('outbound_proxy', 'outbound_proxy is no SIP address: Asterisk sends no call to the phone.');
    },
  },
  {
    column: 'from_domain',
    judge: (value) =>
      unless(
        !/[\s<>@"]/.test(value),
        certain('from_domain', `from_domain ${quoted(value)} is no domain: Asterisk sends no call to the phone.`),
      ),
  },
  {
    column: 'rtp_engine',
    judge: (value) =>
      unless(
        ['', 'asterisk'].includes(value),
        hint('rtp_engine', `Without the RTP engine ${quoted(value)} Asterisk sends no call to the phone.`),
      ),
  },
  {
    column: 'media_encryption',
    judge: (value) =>
      unless(
        ['', 'no'].includes(value),
        hint('media_encryption', `Calls need a phone that encrypts media (${value}).`),
      ),
  },
  {
    column: 'webrtc',
    judge: (value) => unless(!isYes(value), hint('webrtc', 'Calls need a WebRTC client; a usual phone gets none.')),
  },
  {
    column: 'device_state_busy_at',
    judge: (value) =>
      unless(!(Number(value) > 0), hint('busy_at', `With ${value} calls the extension counts as busy.`)),
  },
];

const AUTH_RULES: readonly ColumnRule[] = [
  {
    column: 'supported_algorithms_uas',
    judge: (value) =>
      unless(
        value === '' || words(value).includes('md5'),
        likely('no_md5', `The challenge offers only ${quoted(value)}: phones that know MD5 alone cannot answer.`),
      ),
  },
  within('nonce_lifetime', Infinity, 'Asterisk refuses the auth row.'),
];

const AOR_RULES: readonly ColumnRule[] = [
  {
    column: 'max_contacts',
    judge: (value) =>
      unless(
        Number(value) > 0,
        certain('max_contacts', `max_contacts is ${value || 'NULL'}: Asterisk refuses every REGISTER.`),
      ),
    mended: 'max_contacts = 3',
  },
  {
    column: 'maximum_expiration',
    judge: (value) =>
      unless(
        value === '' || Number(value) !== 0,
        certain('maximum_expiration', 'maximum_expiration is 0: Asterisk answers 200 and keeps no registration.'),
      ),
  },
  within('maximum_expiration', Infinity, NO_AOR),
  within('default_expiration', Infinity, NO_AOR),
  within('minimum_expiration', Infinity, NO_AOR),
  within('qualify_frequency', 86_400, NO_AOR),
  {
    column: 'contact',
    judge: (value) => {
      if (value === '') return undefined;
      return value.split(',').every((uri) => /^\s*<?sips?:/i.test(uri))
        ? hint('static_contact', 'The column contact names a fixed address: calls go there, too.')
        : certain(
            'static_contact',
            'The column contact is no SIP address: Asterisk refuses the AOR, and REGISTER gets 404.',
          );
    },
  },
];

const RULES: Readonly<Record<LoginPart, readonly ColumnRule[]>> = {
  endpoint: ENDPOINT_RULES,
  auth: AUTH_RULES,
  aor: AOR_RULES,
};

/** Judges the columns that an operator may have set; the service does not change them. */
export function checkColumns(part: LoginPart, row: WholeRow, id: string): Finding[] {
  const table = LOGIN_TABLES[part];
  const read: Read = (column) => valuesAsRead(row[column] ?? '');
  return RULES[part].flatMap(({ column, judge, mended = `${column} = NULL` }) => {
    const judgement = judge(read(column).join(','), read);
    if (judgement === undefined) return [];
    const advice = sqlOf(`UPDATE ${table} SET ${mended} WHERE id = ${sqlText(id)}`);
    return [found(judgement, table, judgement.certainty === 'hint' ? `if that is wrong, ${advice}` : advice)];
  });
}
