import { nearestFlag } from '../platform/config/flags';
import { canonicalIp } from '../trunk/allowed-ip';
import { parseUuid } from '../platform/wire/go-uuid';
import { UsageError } from './terminal/exit-code';
import { FORMATS } from './terminal/output';

/** Reads a typed value. Throws a {@link UsageError} that names the flag and its rule, never the value. */
type Reader<Value> = (text: string, flag: string) => Value;

export interface Option<Value = unknown> {
  /** As in the help: `--customer-id <uuid>`, or `--force` for a flag without a value. */
  readonly flags: string;
  readonly help: string;
  readonly read: Reader<Value>;
  /** The question at the terminal; only for required options. */
  readonly question?: string;
}

/** The options of a command, by the names of their values. */
export type Options = Readonly<Record<string, Option>>;
export type Values<Given extends Options> = {
  readonly [Name in keyof Given]?: ReturnType<Given[Name]['read']> | undefined;
};

export function flagOf({ flags }: Option): string {
  return flags.split(' ', 1).join();
}

export function takesValue({ flags }: Option): boolean {
  return flags.includes('<');
}

const text: Reader<string> = (given) => given;
const toggle: Reader<boolean> = () => true;

const uuid: Reader<string> = (given, flag) => {
  const value = parseUuid(given);
  if (value === undefined) throw new UsageError([`${flag} must be a uuid`]);
  return value;
};

/** Entries separated by commas, trimmed; empty entries are dropped. */
const list: Reader<string[]> = (given) =>
  given
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const address: Reader<string> = (given, flag) => {
  if (!given.includes('/') && canonicalIp(given) !== undefined) return given;
  throw new UsageError([`${flag} must be an IPv4 or IPv6 address; one with ::ffff: before it is an IPv4 address`]);
};

/** A host name of the header From; Kamailio reads no other. */
const host: Reader<string> = (given, flag) => {
  if (/^[A-Za-z0-9.-]{1,255}$/.test(given)) return given;
  throw new UsageError([`${flag} must have 1 to 255 letters, digits, dots and hyphens`]);
};

/** With other characters, Kamailio cannot read the header From, or takes a part of the name for something else. */
const fromUser: Reader<string> = (given, flag) => {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/^[^@:"\\<>\u0000-\u0020\u007f]{1,255}$/u.test(given)) return given;
  throw new UsageError([`${flag} must have 1 to 255 characters, no blanks and none of @ : " \\ < >`]);
};

export const integer =
  (min: number, max: number): Reader<number> =>
  (given, flag) => {
    const value = /^\d{1,9}$/.test(given) ? Number(given) : NaN;
    if (!(value >= min && value <= max)) throw new UsageError([`${flag} must be a whole number from ${min} to ${max}`]);
    return value;
  };

/** One of a few words. `what` is the flag or the name of the argument. */
export function readChoice<Choice extends string>(choices: readonly Choice[], given: string, what: string): Choice {
  const found = choices.find((choice) => choice === given);
  if (found !== undefined) return found;
  const nearest = nearestFlag(given, choices);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new UsageError([`${what} must be one of ${choices.join(', ')}${hint}`]);
}

function option<Value>(flags: string, help: string, read: Reader<Value>, question?: string): Option<Value> {
  return { flags, help, read, ...(question === undefined ? {} : { question }) };
}

export const DEFAULT_LIMIT = 100;

/* Every option of every command. A command may give an option another help text. */

export const customerId = option('--customer-id <uuid>', 'the customer (required)', uuid, 'Customer id');
export const id = option('--id <uuid>', 'its id (required)', uuid, 'Id');
export const extensionNumber = option(
  '--extension-number <number>',
  'the extension (required)',
  text,
  'Extension number',
);
export const username = option('--username <name>', 'only those with this user name', text, 'User name');
export const name = option('--name <text>', 'a name for people', text);
export const detail = option('--detail <text>', 'a remark', text);
export const domain = option('--domain <name>', 'only those whose domain_name is this', text, 'Domain name');
export const ownDomain = option('--domain <domain>', "the customer's own realm or id; only checked", text);
export const allowedIps = option(
  '--allowed-ips <list>',
  'addresses and CIDR ranges, comma between; they let in by ip',
  list,
);
export const source = option('--source <ip>', 'the address that calls (required)', address, 'Source address');
export const fromUsername = option('--username <name>', 'the user name in From and in the digest', fromUser);
export const fromDomain = option('--domain <domain>', "the trunk's domain name, or the domain of From", host);
export const password = option('--password <text>', 'the password; others see it in the list of processes', text);
export const passwordStdin = option('--password-stdin', 'read the password from stdin', toggle);
export const generatePassword = option(
  '--generate-password',
  'make a password of 24 characters and show it once',
  toggle,
);
export const limit = option('--limit <count>', `at most so many (${DEFAULT_LIMIT})`, integer(1, 1_000));
export const token = option('--token <time>', 'only those created before: the tm_create of the last one seen', text);
export const force = option('--force', 'do not ask', toggle);
export const dryRun = option('--dry-run', 'only tell what would be repaired', toggle);
export const fromStart = option('--from-start', 'begin at the start, also after an interrupted run', toggle);
export const concurrency = option('--concurrency <count>', 'so many at once (4)', integer(1, 16));
export const withoutPasswords = option('--without-passwords', 'leave passwords out; an import makes new ones', toggle);
export const eventType = option('--type <type>', 'only events of this type', text);
export const count = option('--count <count>', 'end after so many', integer(1, 999_999_999));

export const PASSWORD = { password, passwordStdin, generatePassword };

/** The options of every command with a result. */
export const OUTPUT = {
  format: option('--format <format>', 'table, json, or csv for lists; json when stdout is no terminal', (given, flag) =>
    readChoice(FORMATS, given, flag),
  ),
  quiet: option('--quiet', 'print results and errors only', toggle),
  showPassword: option('--show-password', 'show passwords in tables', toggle),
};
