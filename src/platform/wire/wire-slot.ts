import type { JsonNode } from './go-json';
import { parseUuid, ZERO_UUID } from './go-uuid';

/** One field while a body is read. `read` says whether the value had the right type; a later value replaces an earlier. */
export interface WireSlot {
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

export const WIRE_SLOTS = {
  uuid: UuidSlot,
  string: StringSlot,
  'string list': StringListSlot,
  json: JsonSlot,
} as const satisfies Record<string, new () => WireSlot>;

export type WireKind = keyof typeof WIRE_SLOTS;
