import { AmiFailure } from './ami-failure';

/** The fields of a response or an event, in their order. */
export type AmiMessage = readonly (readonly [name: string, value: string])[];

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const LINE_BYTES_MAX = 16_384;
const MESSAGE_LINES_MAX = 1_000;
const MESSAGE_BYTES_MAX = 262_144;
const LF = 0x0a;

/** True when the text can stand in a line of an action. */
export function isAmiText(text: string): boolean {
  return !CONTROL.test(text);
}

/** The text of an action. Throws on a value that would begin a line of its own. */
export function formatAction(fields: AmiMessage): string {
  const bad = fields.find(([, value]) => !isAmiText(value));
  if (bad !== undefined) throw new AmiFailure('REFUSED', `a value of ${bad[0]} holds a control character`);
  return `${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** The first field of this name, in any case; empty when there is none. */
export function fieldOf(message: AmiMessage, name: string): string {
  const wanted = name.toLowerCase();
  return message.find(([one]) => one.toLowerCase() === wanted)?.[1] ?? '';
}

/** Takes the bytes of a connection apart: first the banner, then messages. What it holds is bounded. */
export class AmiReader {
  banner: string | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private fields: (readonly [string, string])[] = [];
  private bytes = 0;

  /** The messages that these bytes complete. Throws `AmiFailure` when the peer exceeds a bound. */
  read(chunk: Buffer): AmiMessage[] {
    const messages: AmiMessage[] = [];
    let data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (let end = data.indexOf(LF); end !== -1; end = data.indexOf(LF)) {
      if (end > LINE_BYTES_MAX) throw new AmiFailure('UNREADABLE', 'a line is too long');
      const message = this.takeLine(data.toString('utf8', 0, end).replace(/\r$/, ''), end);
      if (message !== undefined) messages.push(message);
      data = data.subarray(end + 1);
    }
    if (data.length > LINE_BYTES_MAX) throw new AmiFailure('UNREADABLE', 'a line is too long');
    this.rest = Buffer.from(data);
    return messages;
  }

  /** A message, when this line ends one. Asterisk also sends empty lines between messages. */
  private takeLine(line: string, bytes: number): AmiMessage | undefined {
    if (this.banner === undefined) {
      this.banner = line;
      return undefined;
    }
    if (line === '') {
      const message = this.fields;
      [this.fields, this.bytes] = [[], 0];
      return message.length === 0 ? undefined : message;
    }
    this.bytes += bytes;
    if (this.fields.length >= MESSAGE_LINES_MAX || this.bytes > MESSAGE_BYTES_MAX)
      throw new AmiFailure('UNREADABLE', 'a message is too long');
    const colon = line.indexOf(':');
    this.fields.push(colon === -1 ? ['', line] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]);
    return undefined;
  }
}
