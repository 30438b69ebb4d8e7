import type { PsContactRow } from '../asterisk/entities/ps-contact.row';
import { float32 } from '../platform/wire/go-serialize';
import { OptionalBody, WireString, WireUuid } from '../platform/wire/wire-body';

@OptionalBody()
export class ContactsDto {
  @WireUuid()
  customerId!: string;

  @WireString()
  extension!: string;
}

/** A registered device in replies; the keys are in the order of the reply. */
export interface ContactReply {
  readonly id: string;
  /** As Asterisk stores it: `^3B` stands for `;`. */
  readonly uri: string;
  /** The end of the registration in Unix seconds. */
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
    id: text(row.id),
    uri: text(row.uri),
    expiration_time: number(row.expiration_time),
    qualify_frequency: number(row.qualify_frequency),
    outbound_proxy: text(row.outbound_proxy),
    path: text(row.path),
    user_agent: text(row.user_agent),
    qualify_timeout: float32(number(row.qualify_timeout)),
    reg_server: text(row.reg_server),
    authenticate_qualify: text(row.authenticate_qualify),
    via_addr: text(row.via_addr),
    via_port: number(row.via_port),
    call_id: text(row.call_id),
    endpoint: text(row.endpoint),
    prune_on_boot: text(row.prune_on_boot),
  };
}

function text(value: string | number | null): string {
  return String(value ?? '');
}

/** 0 for NULL and for a text that is no number. */
function number(value: string | number | null): number {
  const read = Number(value ?? 0);
  return Number.isFinite(read) ? read : 0;
}
