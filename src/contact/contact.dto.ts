import type { PsContactRow } from '../asterisk/entities/ps-contact.entity';
import { float32 } from '../platform/wire/go-serialize';
import { OptionalBody, WireString, WireUuid } from '../platform/wire/wire-body';

@OptionalBody()
export class ContactsDto {
  @WireUuid()
  customerId!: string;

  @WireString()
  extension!: string;
}

/** A registered device on the wire; the order of the keys is the wire's (contract §2.3). */
export interface ContactReply {
  readonly id: string;
  /** As Asterisk stores it: `^3B` stands for `;`. */
  readonly uri: string;
  /** Unix seconds at which the registration ends. */
  readonly expiration_time: number;
  readonly qualify_frequency: number;
  readonly outbound_proxy: string;
  readonly path: string;
  readonly user_agent: string;
  readonly qualify_timeout: number;
  readonly reg_server: string;
  readonly authenticate_qualify: string;
  readonly via_addr: string;
  readonly via_port: number;
  readonly call_id: string;
  readonly endpoint: string;
  readonly prune_on_boot: string;
}

export function toContactReply(row: PsContactRow): ContactReply {
  return {
    id: row.id ?? '',
    uri: row.uri ?? '',
    expiration_time: Number(row.expirationTime ?? 0),
    qualify_frequency: row.qualifyFrequency ?? 0,
    outbound_proxy: row.outboundProxy ?? '',
    path: row.path ?? '',
    user_agent: row.userAgent ?? '',
    qualify_timeout: float32(row.qualifyTimeout ?? 0),
    reg_server: row.regServer ?? '',
    authenticate_qualify: row.authenticateQualify ?? '',
    via_addr: row.viaAddr ?? '',
    via_port: row.viaPort ?? 0,
    call_id: row.callId ?? '',
    endpoint: row.endpoint ?? '',
    prune_on_boot: row.pruneOnBoot ?? '',
  };
}
