import { createReadStream } from 'node:fs';
import { CommandError, UsageError } from './exit-code';

const MAX_BYTES = 64 * 1024 * 1024;
const STDIN = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

const HOW_TO_SAVE = 'save it as "CSV UTF-8" (in LibreOffice: the character set Unicode (UTF-8))';
/** First bytes of spreadsheet files, which people take for CSV. */
const SPREADSHEETS = ['504b0304', 'd0cf11e0a1b11ae1'];

/** The text of a file, or of stdin when the path is `-`. */
export async function readTextFile(path: string): Promise<string> {
  return decodeText(await readBytes(path));
}

/**
 * Decodes UTF-8 and UTF-16, with or without a byte order mark. Refuses any other character set: it cannot be detected,
 * and a wrong guess would change names and passwords without notice.
 */
export function decodeText(bytes: Buffer): string {
  if (SPREADSHEETS.some((start) => bytes.subarray(0, start.length / 2).toString('hex') === start)) {
    throw new UsageError([`the file is a spreadsheet and no text: ${HOW_TO_SAVE}`]);
  }
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const name = encoding === 'utf-8' ? 'UTF-8' : 'UTF-16';
    const where = encoding === 'utf-8' ? ` (line ${lineOfFirstFault(bytes)})` : '';
    throw new UsageError([`the file is not ${name} text${where}: ${HOW_TO_SAVE}`]);
  }
}

/** By the byte order mark, or by the first character, which is ASCII in every file that can be imported. */
function encodingOf(bytes: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be';
  return 'utf-8';
}

function lineOfFirstFault(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  for (let end = 0; end <= bytes.length; end++) {
    const byte = bytes[end];
    if (byte !== 0x0a && byte !== 0x0d && end < bytes.length) continue;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    if (byte === 0x0a || bytes[end + 1] !== 0x0a) line++;
    start = end + 1;
  }
  return line;
}

async function readBytes(path: string): Promise<Buffer> {
  const stream = STDIN.has(path) ? process.stdin : createReadStream(path);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > MAX_BYTES) throw new UsageError(['the file is larger than 64 MB']);
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new CommandError(`the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return Buffer.concat(chunks);
}
