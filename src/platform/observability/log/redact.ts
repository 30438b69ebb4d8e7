import { errorFields } from './error-fields';
import {
  hintsAtSecret,
  isAddressKey,
  isBodyKey,
  isSensitiveKey,
  maskAddress,
  maskText,
  REDACTED,
  UNPARSEABLE_BODY,
} from './sensitive';

const MAX_DEPTH = 12;
const MAX_NODES = 5_000;
const MAX_ENTRIES = 200;
const MAX_TEXT = 8_192;
const MAX_JSON_TEXT = 262_144;

/** Copies any value into plain JSON data without its secrets; never throws, always ends. */
export function redact(value: unknown): unknown {
  return new Redaction().copy(value, '', 0);
}

/** The same for the fields of a log entry. */
export function redactFields(fields: object): Record<string, unknown> {
  const copy = redact(fields);
  return typeof copy === 'object' && copy !== null && !Array.isArray(copy)
    ? (copy as Record<string, unknown>)
    : { value: copy };
}

class Redaction {
  private nodes = 0;
  private readonly ancestors = new Set<object>();

  copy(value: unknown, key: string, depth: number): unknown {
    if (isSensitiveKey(key)) return REDACTED;
    if (typeof value === 'string') return this.text(value, key, depth);
    if (typeof value === 'bigint' || typeof value === 'symbol') return maskText(String(value));
    if (typeof value === 'function') return '[function]';
    if (typeof value !== 'object' || value === null) return value;
    if (this.ancestors.has(value)) return '[circular]';
    if (depth >= MAX_DEPTH || ++this.nodes > MAX_NODES) return '[truncated]';
    this.ancestors.add(value);
    try {
      return this.object(value, key, depth + 1);
    } catch {
      return '[unreadable]';
    } finally {
      this.ancestors.delete(value);
    }
  }

  private object(value: object, key: string, depth: number): unknown {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      return `[${value.byteLength} bytes]`;
    }
    if (value instanceof Error) return errorFields(value);
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      return this.copy((value.toJSON as () => unknown)(), key, depth);
    }
    if (Array.isArray(value)) return this.list(value, key, depth);
    if (value instanceof Set) return this.list([...(value as Set<unknown>)], key, depth);
    if (value instanceof Map) return this.entries([...(value as Map<unknown, unknown>)], depth);
    const names = Object.keys(value).slice(0, MAX_ENTRIES + 1);
    return this.entries(
      names.map((name) => [name, readProperty(value, name)]),
      depth,
    );
  }

  private list(items: readonly unknown[], key: string, depth: number): unknown[] {
    const copies = items.slice(0, MAX_ENTRIES).map((item) => this.copy(item, key, depth));
    return items.length > MAX_ENTRIES ? [...copies, '[truncated]'] : copies;
  }

  private entries(entries: readonly (readonly [unknown, unknown])[], depth: number): Record<string, unknown> {
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [name, value] of entries.slice(0, MAX_ENTRIES)) {
      const key = typeof name === 'string' ? name.slice(-200) : typeof name;
      copy[key] = this.copy(value, key, depth);
    }
    if (entries.length > MAX_ENTRIES) copy['…'] = '[truncated]';
    return copy;
  }

  private text(text: string, key: string, depth: number): string {
    if (isAddressKey(key)) return maskAddress(text);
    if (text === '') return '';
    const body = isBodyKey(key);
    const parsed = body || /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
    if (parsed !== undefined) return JSON.stringify(this.copy(parsed, '', depth));
    if (body || hintsAtSecret(text)) return UNPARSEABLE_BODY;
    const masked = maskText(text.slice(0, MAX_TEXT));
    return text.length > MAX_TEXT ? `${masked}[truncated]` : masked;
  }
}

/** A getter may throw; the rest of the object is still worth logging. */
function readProperty(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return '[unreadable]';
  }
}

/** Objects and arrays only: a bare scalar has no key that could tell whether it is secret. */
function parseJson(text: string): object | undefined {
  if (text.length > MAX_JSON_TEXT) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
