import { ArrayMaxSize, ArrayUnique, IsIn } from '../platform/wire/validation';
import type { Row } from '../platform/database/columns';
import type { FilterSpec } from '../platform/wire/list-request';
import { MaxCharacters, NoControlCharacters, NotZeroUuid, TEXT_MAX, rule } from '../platform/wire/text.rules';
import { IfGiven, OptionalList } from '../platform/wire/list.rules';
import { toWireTime } from '../platform/wire/wire-time';
import { WireString, WireStringList, WireUuid } from '../platform/wire/wire-body';
import { EachAllowedIp, FitsAuthTypes } from './trunk.rules';
import type { TrunkRow } from './trunk.entity';

/** Below 100, where the loops of Kamailio stop. */
const ALLOWED_IPS_MAX = 90;
const DOMAIN = /^[a-zA-Z][a-zA-Z0-9\-.]{1,30}$/;

function TrunkDomain(): PropertyDecorator {
  return rule('trunkDomain', 'must have 2 to 31 letters, digits, dots and hyphens and start with a letter', (text) =>
    DOMAIN.test(text),
  );
}

/** The fields that create and update have in common. */
class TrunkSettings {
  @WireString()
  @MaxCharacters(TEXT_MAX)
  name!: string;

  @WireString()
  @MaxCharacters(TEXT_MAX)
  detail!: string;

  @WireStringList()
  @OptionalList()
  @ArrayUnique({ message: 'must not repeat a type' })
  @IsIn(['basic', 'ip'], { each: true, message: 'must hold only basic and ip' })
  authTypes!: string[] | null;

  @WireString()
  @FitsAuthTypes()
  @MaxCharacters(TEXT_MAX)
  @NoControlCharacters()
  username!: string;

  @WireString()
  @MaxCharacters(TEXT_MAX)
  @NoControlCharacters()
  password!: string;

  @WireStringList()
  @OptionalList()
  @EachAllowedIp()
  @ArrayMaxSize(ALLOWED_IPS_MAX, { message: `must have at most ${ALLOWED_IPS_MAX} entries` })
  allowedIps!: string[] | null;
}

export class CreateTrunkDto extends TrunkSettings {
  @WireUuid()
  @NotZeroUuid()
  customerId!: string;

  @WireString()
  @TrunkDomain()
  domainName!: string;
}

/** Replaces every field; only an empty password keeps the stored one, while `basic` is among the `auth_types`. */
export class UpdateTrunkDto extends TrunkSettings {}

export type TrunkChange = Row<UpdateTrunkDto>;

/** A missing field stays unchanged. Only the command line changes domains. */
export class ChangeTrunkDto {
  @IfGiven()
  @MaxCharacters(TEXT_MAX)
  name?: string;

  @IfGiven()
  @MaxCharacters(TEXT_MAX)
  detail?: string;

  @IfGiven()
  @TrunkDomain()
  domainName?: string;

  @IfGiven()
  @MaxCharacters(TEXT_MAX)
  @NoControlCharacters()
  username?: string;

  @IfGiven()
  @MaxCharacters(TEXT_MAX)
  @NoControlCharacters()
  password?: string;

  @IfGiven()
  @EachAllowedIp()
  @ArrayMaxSize(ALLOWED_IPS_MAX, { message: `must have at most ${ALLOWED_IPS_MAX} entries` })
  allowedIps?: string[];
}

export class CountTrunksDto {
  @WireUuid()
  customerId!: string;
}

export const TRUNK_FILTERS: FilterSpec = {
  id: 'uuid',
  customer_id: 'uuid',
  name: 'text',
  domain_name: 'text',
  realm: 'text',
  username: 'text',
  deleted: 'flag',
};

/** A trunk in replies, events and the cache; the keys are in the order of the reply. */
export interface TrunkReply {
  readonly id: string;
  readonly customer_id: string;
  readonly name: string;
  readonly detail: string;
  readonly domain_name: string;
  readonly auth_types: readonly string[];
  readonly realm: string;
  readonly username: string;
  readonly password: string;
  readonly allowed_ips: readonly string[];
  readonly tm_create: string | null;
  readonly tm_update: string | null;
  readonly tm_delete: string | null;
}

export function toTrunkReply(row: TrunkRow): TrunkReply {
  return {
    id: row.id,
    customer_id: row.customerId,
    name: row.name,
    detail: row.detail,
    domain_name: row.domainName,
    auth_types: row.authTypes,
    realm: row.realm,
    username: row.username,
    password: row.password,
    allowed_ips: row.allowedIps,
    tm_create: toWireTime(row.tmCreate),
    tm_update: toWireTime(row.tmUpdate),
    tm_delete: toWireTime(row.tmDelete),
  };
}
