export interface RequestEnvelope {
  readonly uri: string;
  readonly method: string;
  /** Absent: no `data` key. `null`: the four bytes `null`. */
  readonly data?: unknown;
  readonly publisher?: string;
}

export interface ReplyEnvelope {
  readonly status_code: number;
  readonly data_type: string;
  readonly data?: unknown;
}

export interface Reply extends ReplyEnvelope {
  /** The bytes as they came. */
  readonly text: string;
  readonly correlationId: string | undefined;
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface TypedError {
  readonly status: string;
  readonly reason: string;
  readonly domain: string;
  readonly message: string;
  readonly details?: unknown[];
}

export interface ExtensionData {
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

export interface TrunkData {
  readonly id: string;
  readonly customer_id: string;
  readonly name: string;
  readonly detail: string;
  readonly domain_name: string;
  readonly auth_types: string[];
  readonly realm: string;
  readonly username: string;
  readonly password: string;
  readonly allowed_ips: string[];
  readonly tm_create: string | null;
  readonly tm_update: string | null;
  readonly tm_delete: string | null;
}

/** A request as the Go encoder writes it: fixed key order, and `data` only when it is given. */
export function requestText({ uri, method, data, publisher = 'api-manager' }: RequestEnvelope): string {
  const dataType = data === undefined ? '' : 'application/json';
  return JSON.stringify({ uri, method, publisher, data_type: dataType, ...(data === undefined ? {} : { data }) });
}

function dataOf(reply: Reply): unknown {
  if (reply.status_code !== 200) throw new Error(`expected 200, got ${reply.text}`);
  return reply.data;
}

export const extensionOf = (reply: Reply): ExtensionData => dataOf(reply) as ExtensionData;
export const extensionsOf = (reply: Reply): ExtensionData[] => dataOf(reply) as ExtensionData[];
export const trunkOf = (reply: Reply): TrunkData => dataOf(reply) as TrunkData;
export const trunksOf = (reply: Reply): TrunkData[] => dataOf(reply) as TrunkData[];
export const countOf = (reply: Reply): number => (dataOf(reply) as { count: number }).count;

export function errorOf(reply: Reply): TypedError {
  if (reply.data_type !== 'voipbin_error') throw new Error(`expected a typed error, got ${reply.text}`);
  return reply.data as TypedError;
}
