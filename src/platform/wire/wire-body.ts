import type { JsonMember, JsonNode } from './go-json';
import { parseUuid, ZERO_UUID } from './go-uuid';

interface WireTypeProblem {
  /** The field's name on the wire, or `body` for the body as a whole. */
  readonly field: string;
  readonly expected: WireKind | 'object';
}

const PHRASES: Record<WireTypeProblem['expected'], string> = {
  uuid: 'a uuid',
  string: 'a string',
  'string list': 'a list of strings',
  json: 'a JSON value',
  object: 'an object',
};

/** The body, or fields of it, have the wrong JSON type. Names the fields, never their values. */
export class WireTypeError extends Error {
  override readonly name = 'WireTypeError';

  constructor(readonly problems: readonly WireTypeProblem[]) {
    super(problems.map(({ field, expected }) => `${field} must be ${PHRASES[expected]}`).join(', '));
  }
}

interface WireField {
  readonly property: string;
  readonly name: string;
  readonly kind: WireKind;
}

interface BodyLayout {
  readonly fields: readonly WireField[];
  /** Positions in `fields`, by folded name. */
  readonly byName: ReadonlyMap<string, number>;
}

const layouts = new WeakMap<object, BodyLayout>();
const declaredFields = new WeakMap<object, WireField[]>();
const optionalBodies = new WeakSet<object>();

export const WireUuid = (name?: string): PropertyDecorator => wireField('uuid', name);
export const WireString = (name?: string): PropertyDecorator => wireField('string', name);
/** A `string[] | null`: null when missing or null. */
export const WireStringList = (name?: string): PropertyDecorator => wireField('string list', name);
/** A `JsonNode | undefined`, like Go's json.RawMessage: a JSON null is kept, only a missing field is undefined. */
export const WireJson = (name?: string): PropertyDecorator => wireField('json', name);

/** The request may have no body: every field then has its zero value. */
export function OptionalBody(): ClassDecorator {
  return (type) => {
    optionalBodies.add(type);
  };
}

/** True for a class whose properties are declared with the decorators above. */
export function isWireBody(type: object): boolean {
  return layoutOf(type).fields.length > 0;
}

/** Fills a body as Go's json.Unmarshal fills a struct. Throws a WireTypeError that lists every wrong field. */
export function decodeBody<T extends object>(type: new () => T, node: JsonNode | undefined): T {
  const { fields, byName } = layoutOf(type);
  const slots = fields.map(({ kind }) => new WIRE_SLOTS[kind]());
  const wrong = new Set<WireField>();
  for (const [key, value] of membersOf(type, node)) {
    const at = byName.get(key) ?? byName.get(fold(key));
    if (at !== undefined && slots[at]?.read(value) === false) wrong.add(fields[at] as WireField);
  }
  if (wrong.size > 0) throw new WireTypeError([...wrong].map(({ name, kind }) => ({ field: name, expected: kind })));
  const body = new type() as Record<string, unknown>;
  fields.forEach(({ property }, at) => (body[property] = slots[at]?.value));
  return body as T;
}

/** The fields of a class, computed once. */
function layoutOf(type: object): BodyLayout {
  const known = layouts.get(type);
  if (known !== undefined) return known;
  const fields = fieldsOf(type);
  const layout = { fields, byName: new Map(fields.map(({ name }, at) => [fold(name), at])) };
  layouts.set(type, layout);
  return layout;
}

function membersOf(type: object, node: JsonNode | undefined): readonly JsonMember[] {
  if (node === undefined && optionalBodies.has(type)) return [];
  if (node?.kind === 'null') return [];
  if (node?.kind === 'object') return node.members;
  throw new WireTypeError([{ field: 'body', expected: 'object' }]);
}

function wireField(kind: WireKind, name: string | undefined): PropertyDecorator {
  return (prototype, key) => {
    const property = String(key);
    const type = prototype.constructor;
    const own = declaredFields.get(type) ?? [];
    declaredFields.set(type, [...own, { property, name: name ?? snakeCase(property), kind }]);
  };
}

function fieldsOf(type: object): WireField[] {
  const parent = Object.getPrototypeOf(type) as object | null;
  return [...(parent === null ? [] : fieldsOf(parent)), ...(declaredFields.get(type) ?? [])];
}

/** Go's simple folding: beside the ASCII letters only the long s and the Kelvin sign equal an ASCII letter. */
function fold(key: string): string {
  return key.toLowerCase().replaceAll('\u017f', 's');
}

function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** One field while a body is read. `read` says whether the value had the right type; a later value replaces it. */
interface WireSlot {
  readonly value: unknown;
  read(node: JsonNode): boolean;
}

class StringSlot implements WireSlot {
  value = '';

  read(node: JsonNode): boolean {
    if (node.kind === 'string') this.value = node.value;
    return node.kind === 'string' || node.kind === 'null';
  }
}

class UuidSlot implements WireSlot {
  value = ZERO_UUID;

  read(node: JsonNode): boolean {
    if (node.kind === 'null') return true;
    const uuid = node.kind === 'string' ? parseUuid(node.value) : undefined;
    if (uuid !== undefined) this.value = uuid;
    return uuid !== undefined;
  }
}

class StringListSlot implements WireSlot {
  /** Go decodes a repeated list into the same array: a `null` element keeps what an earlier list left there. */
  private texts: string[] = [];
  private length: number | null = null;

  get value(): string[] | null {
    return this.length === null ? null : this.texts.slice(0, this.length);
  }

  read(node: JsonNode): boolean {
    if (node.kind !== 'array' && node.kind !== 'null') return false;
    this.length = node.kind === 'null' ? null : node.items.length;
    if (node.kind === 'null' || node.items.length === 0) {
      this.texts = [];
      return true;
    }
    return node.items.map((item, index) => this.readElement(item, index)).every(Boolean);
  }

  private readElement(item: JsonNode, index: number): boolean {
    if (item.kind === 'string') this.texts[index] = item.value;
    else this.texts[index] ??= '';
    return item.kind === 'string' || item.kind === 'null';
  }
}

class JsonSlot implements WireSlot {
  value: JsonNode | undefined = undefined;

  read(node: JsonNode): boolean {
    this.value = node;
    return true;
  }
}

const WIRE_SLOTS = {
  uuid: UuidSlot,
  string: StringSlot,
  'string list': StringListSlot,
  json: JsonSlot,
} as const satisfies Record<string, new () => WireSlot>;

type WireKind = keyof typeof WIRE_SLOTS;
