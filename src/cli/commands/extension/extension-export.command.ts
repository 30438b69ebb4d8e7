import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { Option, SubCommand } from 'nest-commander';
import { CommandError } from '../../terminal/exit-code';
import { readUuid } from '../../terminal/option-values';
import type { OutputOptions } from '../../terminal/output';
import { BIN_READS } from '../../terminal/session';
import { TerminalCommand } from '../../terminal/terminal.command';
import type { ExtensionReply } from '../../../extension/extension.dto';

interface ExportOptions extends OutputOptions {
  readonly customerId?: string;
  readonly withoutPasswords?: boolean;
}

type Write = (text: string) => Promise<void>;

const PAGE = 500;

@SubCommand({
  name: 'export',
  description: "write a customer's extensions with their passwords, as import reads them",
  arguments: '[file]',
  argsDescription: { file: 'a .csv or .json file, for its owner alone to read; stdout when left out' },
})
export class ExtensionExportCommand extends TerminalCommand<ExportOptions> {
  protected override readonly makesList = true;
  protected readonly examples = [
    'extension export extensions.csv --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11',
    'extension export --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11 --format json --without-passwords',
  ];

  protected async execute(options: ExportOptions, [path]: readonly string[]): Promise<void> {
    const customer = await this.prompt.require(options.customerId, 'customer-id', 'Customer id');
    const customerId = readUuid('customer-id', customer);
    const { fileFormat } = await import('./extension-file.js');
    const wanted = options.format === 'table' ? undefined : options.format;
    const format = path === undefined ? (wanted ?? 'json') : (wanted ?? fileFormat(path, ' (or give --format)'));
    const { ExtensionReader } = await import('../../../extension/extension.reader.js');
    const extensions = (await this.session.open(BIN_READS)).get(ExtensionReader);
    const pages = pagesOf((before) =>
      extensions.list({
        limit: PAGE,
        before,
        filters: new Map<string, string | boolean>([
          ['customer_id', customerId],
          ['deleted', false],
        ]),
      }),
    );
    const encode = format === 'csv' ? writeCsv : writeJson;
    const write = (to: Write): Promise<number> => encode(pages, options.withoutPasswords === true, to);
    const count =
      path === undefined ? await write((text) => this.terminal.printAll(text)) : await intoFile(path, write);
    this.terminal.say(`Exported ${count} extensions.`);
  }

  @Option({ flags: '--customer-id <uuid>', description: 'the customer (required)' })
  readCustomerId(text: string): string {
    return readUuid('customer-id', text);
  }

  @Option({ flags: '--without-passwords', description: 'leave passwords out; an import makes new ones' })
  readWithoutPasswords(): boolean {
    return true;
  }
}

async function* pagesOf(
  list: (before: string | undefined) => Promise<ExtensionReply[]>,
): AsyncGenerator<readonly ExtensionReply[]> {
  const { toDatabaseTime } = await import('../../../platform/wire/wire-time.js');
  let before: string | undefined;
  for (;;) {
    const page = await list(before);
    if (page.length > 0) yield page;
    const last = page.at(-1)?.tm_create ?? null;
    if (page.length < PAGE || last === null) return;
    before = toDatabaseTime(last) ?? undefined;
  }
}

function exported(
  { customer_id, extension, username, password, name, detail }: ExtensionReply,
  withoutPassword: boolean,
) {
  return { customer_id, extension, username, password: withoutPassword ? '' : password, name, detail };
}

async function writeCsv(
  pages: AsyncIterable<readonly ExtensionReply[]>,
  without: boolean,
  write: Write,
): Promise<number> {
  const { csvText } = await import('../../terminal/csv.js');
  const { COLUMNS } = await import('./extension-columns.js');
  await write(await csvText([], COLUMNS, true));
  let count = 0;
  for await (const page of pages) {
    const rows = page.map((row) => exported(row, without));
    await write(await csvText(rows, COLUMNS, false));
    count += page.length;
  }
  return count;
}

async function writeJson(
  pages: AsyncIterable<readonly ExtensionReply[]>,
  without: boolean,
  write: Write,
): Promise<number> {
  let count = 0;
  for await (const page of pages) {
    for (const row of page) await write(`${count++ === 0 ? '[\n' : ',\n'}  ${JSON.stringify(exported(row, without))}`);
  }
  await write(count === 0 ? '[]\n' : '\n]\n');
  return count;
}

/** Whole or not at all, and readable for its owner alone from its first byte. */
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
