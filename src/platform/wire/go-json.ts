import { decodeUtf8 } from './go-utf8';
import { JsonParser, JsonSyntaxError, type JsonNode } from './json-parser';

export { JsonSyntaxError, type JsonMember, type JsonNode } from './json-parser';

/** Parses JSON keeping member order, duplicate keys and number texts; throws a JsonSyntaxError. */
export function decodeJson(text: string | Buffer): JsonNode {
  return new JsonParser(typeof text === 'string' ? text : decodeUtf8(text)).parse();
}

type Plain = unknown[] | Record<string, unknown>;

/**
 * The value as Go decodes it into `any`: the last duplicate wins, a number beyond float64 is an error.
 * Objects have no prototype, so a key such as `__proto__` is only a key.
 */
export function toPlain(node: JsonNode): unknown {
  const pending: [JsonNode, Plain][] = [];
  const convert = (value: JsonNode): unknown => {
    if (value.kind !== 'array' && value.kind !== 'object') return scalar(value);
    const target: Plain = value.kind === 'array' ? [] : (Object.create(null) as Record<string, unknown>);
    pending.push([value, target]);
    return target;
  };
  const root = convert(node);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [source, target] = next;
    if (source.kind === 'array') for (const item of source.items) (target as unknown[]).push(convert(item));
    if (source.kind === 'object') {
      for (const [key, value] of source.members) (target as Record<string, unknown>)[key] = convert(value);
    }
  }
  return root;
}

function scalar(node: Exclude<JsonNode, { kind: 'array' | 'object' }>): unknown {
  if (node.kind === 'null') return null;
  if (node.kind !== 'number') return node.value;
  const value = Number(node.text);
  if (!Number.isFinite(value)) throw new JsonSyntaxError('invalid JSON: a number is out of range');
  return value;
}
