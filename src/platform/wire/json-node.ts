export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] };

export type JsonMember = readonly [key: string, value: JsonNode];

/** The text is not JSON as Go's encoding/json accepts it. Says where, never what. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}
