import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { ExtensionReply } from '../../../extension/extension.dto';
import type { ExtensionReader } from '../../../extension/extension.reader';
import { toDatabaseTime } from '../../../platform/wire/wire-time';
import { csvText } from '../../terminal/csv';
import { CommandError } from '../../terminal/exit-code';
import { COLUMNS } from './extension-columns';

/** Resolves when the stream can take more text, so that a long export does not fill memory. */
type Write = (text: string) => Promise<void>;

const PAGE = 500;

interface Export {
  readonly format: 'csv' | 'json';
  readonly hasPasswords: boolean;
  /** The file; stdout when missing. */
  readonly path: string | undefined;
  readonly toStdout: Write;
}

/** Writes all extensions of a customer, a page at a time. Resolves to their number. */
export function writeExtensions(
  extensions: Pick<ExtensionReader, 'list'>,
  customer: string,
  { format, hasPasswords, path, toStdout }: Export,
): Promise<number> {
  const encode = format === 'csv' ? writeCsv : writeJson;
  const fill = (write: Write): Promise<number> => encode(pagesOf(extensions, customer, hasPasswords), write);
  return path === undefined ? fill(toStdout) : intoFile(path, fill);
}

async function* pagesOf(extensions: Pick<ExtensionReader, 'list'>, customer: string, hasPasswords: boolean) {
  const filters = new Map<string, string | boolean>([
    ['customer_id', customer],
    ['deleted', false],
  ]);
  let before: string | undefined;
  for (;;) {
    const page = await extensions.list({ limit: PAGE, before, filters });
    yield page.map((row) => exported(row, hasPasswords));
    const last = page.at(-1)?.tm_create ?? null;
    if (page.length < PAGE || last === null) return;
    before = toDatabaseTime(last) ?? undefined;
  }
}

type Row = ReturnType<typeof exported>;

function exported(row: ExtensionReply, hasPassword: boolean) {
  const { customer_id, extension, username, password, name, detail } = row;
  return { customer_id, extension, username, password: hasPassword ? password : '', name, detail };
}

async function writeCsv(pages: AsyncIterable<readonly Row[]>, write: Write): Promise<number> {
  await write(await csvText([], COLUMNS, true));
  let count = 0;
  for await (const page of pages) {
    await write(await csvText(page, COLUMNS, false));
    count += page.length;
  }
  return count;
}

async function writeJson(pages: AsyncIterable<readonly Row[]>, write: Write): Promise<number> {
  let count = 0;
  for await (const page of pages) {
    for (const row of page) await write(`${count++ === 0 ? '[\n' : ',\n'}  ${JSON.stringify(row)}`);
  }
  await write(count === 0 ? '[]\n' : '\n]\n');
  return count;
}

/** Writes a draft that only its owner can read, and renames it when it is complete. */
async function intoFile(path: string, fill: (write: Write) => Promise<number>): Promise<number> {
  const draft = `${path}.${process.pid}.part`;
  const stream = createWriteStream(draft, { mode: 0o600, flags: 'wx' });
  try {
    await once(stream, 'open');
    const count = await fill(async (text) => {
      if (!stream.write(text)) await once(stream, 'drain');
    });
    stream.end();
    await once(stream, 'close');
    await rename(draft, path);
    return count;
  } catch (error) {
    stream.destroy();
    await rm(draft, { force: true });
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw new CommandError(`the file cannot be written (${code ?? 'unknown'})`);
    throw error;
  }
}
