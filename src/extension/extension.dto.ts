import type { FilterSpec } from '../platform/wire/list-request';
import { IfGiven } from '../platform/wire/list.rules';
import {
  MaxCharacters,
  NoControlCharacters,
  NotEmptyText,
  NotZeroUuid,
  SipName,
  TEXT_MAX,
  rule,
} from '../platform/wire/text.rules';
import { toWireTime } from '../platform/wire/wire-time';
import { OptionalBody, WireString, WireUuid } from '../platform/wire/wire-body';
import { ENCODED_PASSWORD_MAX, encodedLength } from '../asterisk/asterisk-password';
import type { ExtensionRow } from './extension.entity';

/** The length of the column `ps_auths.username`, in characters. */
const EXTENSION_MAX = 40;

function FitsAsterisk(): PropertyDecorator {
  return rule(
    'fitsAsterisk',
    `must have at most ${ENCODED_PASSWORD_MAX} characters, of which ; and ^ and outer spaces count three`,
    (password) => encodedLength(password) <= ENCODED_PASSWORD_MAX,
  );
}

/** Asterisk answers every REGISTER with 500 when the stored password decodes to blanks only. */
function NotBlank(): PropertyDecorator {
  return rule('notBlank', 'must hold more than blanks', (password) => password === '' || password.trim() !== '');
}

export class CreateExtensionDto {
  @WireUuid()
  @NotZeroUuid()
  customerId!: string;

  @WireString()
  @SipName()
  @MaxCharacters(EXTENSION_MAX)
  @NotEmptyText()
  extension!: string;

  @WireString()
  @FitsAsterisk()
  @NotBlank()
  @NoControlCharacters()
  @NotEmptyText()
  password!: string;

  /** Callers send it; the service does not use it. */
  @WireUuid()
  domainId!: string;

  @WireString()
  @MaxCharacters(TEXT_MAX)
  name!: string;

  @WireString()
  @MaxCharacters(TEXT_MAX)
  detail!: string;

  /** The digest user name; the number when empty. Set by the command line only. */
  @SipName()
  @MaxCharacters(EXTENSION_MAX)
  username = '';
}

export class UpdateExtensionDto {
  @WireString()
  @MaxCharacters(TEXT_MAX)
  name!: string;

  @WireString()
  @MaxCharacters(TEXT_MAX)
  detail!: string;

  /** An empty password keeps the stored one. */
  @WireString()
  @FitsAsterisk()
  @NotBlank()
  @NoControlCharacters()
  password!: string;
}

/** A missing field stays unchanged. Only the command line changes numbers and user names. */
export class ChangeExtensionDto {
  @IfGiven()
  @MaxCharacters(TEXT_MAX)
  name?: string;

  @IfGiven()
  @MaxCharacters(TEXT_MAX)
  detail?: string;

  @IfGiven()
  @FitsAsterisk()
  @NotBlank()
  @NoControlCharacters()
  @NotEmptyText()
  password?: string;

  @IfGiven()
  @SipName()
  @MaxCharacters(EXTENSION_MAX)
  @NotEmptyText()
  username?: string;

  @IfGiven()
  @SipName()
  @MaxCharacters(EXTENSION_MAX)
  @NotEmptyText()
  extension?: string;
}

export type ExtensionPatch = { readonly [Field in keyof ChangeExtensionDto]?: ChangeExtensionDto[Field] | undefined };

@OptionalBody()
export class FindExtensionDto {
  @WireUuid()
  customerId!: string;
}

export class CountByCustomerDto {
  @WireUuid()
  customerId!: string;
}

export const EXTENSION_FILTERS: FilterSpec = {
  id: 'uuid',
  customer_id: 'uuid',
  name: 'text',
  endpoint_id: 'text',
  aor_id: 'text',
  auth_id: 'text',
  extension: 'text',
  domain_name: 'text',
  realm: 'text',
  username: 'text',
  deleted: 'flag',
};

/** An extension in replies, events and the cache; the keys are in the order of the reply. */
export interface ExtensionReply {
  readonly id: string;
  readonly customer_id: string;
  readonly name: string;
  readonly detail: string;
  readonly endpoint_id: string;
  readonly aor_id: string;
  readonly auth_id: string;
  readonly extension: string;
  readonly domain_name: string;
  readonly realm: string;
  readonly username: string;
  readonly password: string;
  readonly direct_id: string;
  readonly direct_hash: string;
  readonly tm_create: string | null;
  readonly tm_update: string | null;
  readonly tm_delete: string | null;
}

export function toExtensionReply(row: ExtensionRow): ExtensionReply {
  return {
    id: row.id,
    customer_id: row.customerId,
    name: row.name,
    detail: row.detail,
    endpoint_id: row.endpointId,
    aor_id: row.aorId,
    auth_id: row.authId,
    extension: row.extension,
    domain_name: row.domainName,
    realm: row.realm,
    username: row.username,
    password: row.password,
    direct_id: row.directId,
    direct_hash: row.directHash,
    tm_create: toWireTime(row.tmCreate),
    tm_update: toWireTime(row.tmUpdate),
    tm_delete: toWireTime(row.tmDelete),
  };
}
