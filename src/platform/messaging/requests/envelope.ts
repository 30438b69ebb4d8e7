import { decodeJson, type JsonNode } from '../../wire/go-json';
import { serialize } from '../../wire/go-serialize';
import { OptionalBody, WireJson, WireString, decodeBody } from '../../wire/wire-body';

/** A request (contract §1.4). `data` is `undefined` when the key was missing, and a null node when it was null. */
@OptionalBody()
export class RequestEnvelope {
  @WireString() uri!: string;
  @WireString() method!: string;
  @WireString() publisher!: string;
  @WireString() dataType!: string;
  @WireString() requestId!: string;
  @WireJson() data: JsonNode | undefined;
}

@OptionalBody()
export class EventEnvelope {
  @WireString() type!: string;
  @WireString() publisher!: string;
  @WireString() dataType!: string;
  @WireJson() data: JsonNode | undefined;
}

/** A reply: `data` is left out when there is none. */
export interface ReplyEnvelope {
  readonly status_code: number;
  readonly data_type: string;
  readonly data?: unknown;
}

/** The message is not an envelope. */
export class MalformedEnvelope extends Error {
  override readonly name = 'MalformedEnvelope';
}

export const MALFORMED_REPLY: ReplyEnvelope = { status_code: 400, data_type: '' };
export const NO_SUCH_ROUTE_REPLY: ReplyEnvelope = { status_code: 404, data_type: '' };

export function successReply(data: unknown): ReplyEnvelope {
  return data === undefined
    ? { status_code: 200, data_type: '' }
    : { status_code: 200, data_type: 'application/json', data };
}

export function encodeReply(reply: ReplyEnvelope): Buffer {
  return Buffer.from(serialize(reply));
}

/** Reads an envelope with Go's rules (contract §1.5, §2.2). Throws {@link MalformedEnvelope}. */
export function decodeRequest(body: Buffer): RequestEnvelope {
  return decodeEnvelope(RequestEnvelope, body);
}

/** True for a request that changes nothing, so that running it twice is harmless; also for a malformed request. */
export function isRead(body: Buffer): boolean {
  try {
    return decodeRequest(body).method === 'GET';
  } catch {
    return true;
  }
}

export function decodeEvent(body: Buffer): EventEnvelope {
  return decodeEnvelope(EventEnvelope, body);
}

function decodeEnvelope<T extends object>(type: new () => T, body: Buffer): T {
  try {
    return decodeBody(type, decodeJson(body));
  } catch (cause) {
    throw new MalformedEnvelope('the message is not an envelope', { cause });
  }
}
