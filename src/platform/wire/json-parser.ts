export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] };

export type JsonMember = readonly [key: string, value: JsonNode];

/** The text is not JSON as the encoding/json of Go accepts it. The message has the offset, never the text. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

/** The same limit as Go's. */
const MAX_DEPTH = 10_000;

type Container =
  | { kind: 'array'; items: JsonNode[]; close: 0x5d }
  | { kind: 'object'; members: JsonMember[]; key: string; close: 0x7d };

const NULL: JsonNode = { kind: 'null' };
const TRUE: JsonNode = { kind: 'boolean', value: true };
const FALSE: JsonNode = { kind: 'boolean', value: false };
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/** A strict RFC 8259 parser: linear in time, constant in call depth. */
export class JsonParser {
  private at = 0;
  private readonly open: Container[] = [];

  constructor(private readonly text: string) {}

  parse(): JsonNode {
    let value = this.startValue();
    for (;;) {
      if (value !== undefined) {
        const container = this.open.at(-1);
        if (container === undefined) return this.finish(value);
        append(container, value);
        value = this.continueContainer(container);
      } else {
        value = this.startValue();
      }
    }
  }

  /** A complete value, or undefined when a non-empty container was opened and its first value comes next. */
  private startValue(): JsonNode | undefined {
    const code = this.peek();
    switch (code) {
      case 0x7b:
        return this.openContainer({ kind: 'object', members: [], key: '', close: 0x7d });
      case 0x5b:
        return this.openContainer({ kind: 'array', items: [], close: 0x5d });
      case 0x22:
        return { kind: 'string', value: this.string() };
      case 0x6e:
        return this.literal('null', NULL);
      case 0x74:
        return this.literal('true', TRUE);
      case 0x66:
        return this.literal('false', FALSE);
      default:
        return this.number();
    }
  }

  private openContainer(container: Container): JsonNode | undefined {
    if (this.open.length === MAX_DEPTH) throw this.error('nested too deep');
    this.at += 1;
    if (this.peek() === container.close) {
      this.at += 1;
      return close(container);
    }
    this.open.push(container);
    if (container.kind === 'object') container.key = this.key();
    return undefined;
  }

  /** After a value inside a container: the closed container, or undefined when another value follows. */
  private continueContainer(container: Container): JsonNode | undefined {
    const code = this.peek();
    if (code === container.close) {
      this.at += 1;
      this.open.pop();
      return close(container);
    }
    if (code !== 0x2c) throw this.error('expected a comma or the end of the value');
    this.at += 1;
    if (container.kind === 'object') container.key = this.key();
    return undefined;
  }

  private key(): string {
    if (this.peek() !== 0x22) throw this.error('expected a key');
    const key = this.string();
    if (this.peek() !== 0x3a) throw this.error('expected a colon');
    this.at += 1;
    return key;
  }

  private string(): string {
    const start = this.at;
    let escaped = false;
    for (let at = start + 1; ; at += 1) {
      const code = this.text.charCodeAt(at);
      if (code === 0x22) {
        this.at = at + 1;
        return (escaped ? this.unescape(start, at + 1) : this.text.slice(start + 1, at)).toWellFormed();
      }
      if (code === 0x5c) {
        escaped = true;
        at += 1;
      } else if (!(code >= 0x20)) {
        this.at = at;
        throw this.error('control character or end of text in a string');
      }
    }
  }

  private unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start, end)) as string;
    } catch {
      throw this.error('bad escape in a string');
    }
  }

  private number(): JsonNode {
    NUMBER.lastIndex = this.at;
    const text = NUMBER.exec(this.text)?.[0];
    if (text === undefined) throw this.error('expected a value');
    this.at += text.length;
    return { kind: 'number', text };
  }

  private literal(word: string, node: JsonNode): JsonNode {
    if (!this.text.startsWith(word, this.at)) throw this.error('expected a value');
    this.at += word.length;
    return node;
  }

  private finish(value: JsonNode): JsonNode {
    if (!Number.isNaN(this.peek())) throw this.error('text after the value');
    return value;
  }

  /** The next character that is not white space; NaN at the end. */
  private peek(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.at += 1;
    }
  }

  private error(problem: string): JsonSyntaxError {
    return new JsonSyntaxError(`invalid JSON at offset ${this.at}: ${problem}`);
  }
}

function append(container: Container, value: JsonNode): void {
  if (container.kind === 'array') container.items.push(value);
  else container.members.push([container.key, value]);
}

function close(container: Container): JsonNode {
  return container.kind === 'array'
    ? { kind: 'array', items: container.items }
    : { kind: 'object', members: container.members };
}
