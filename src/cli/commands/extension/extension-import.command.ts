import { Option, SubCommand } from 'nest-commander';
import { CommandError, EXIT, UsageError } from '../../terminal/exit-code';
import { readInteger, readUuid } from '../../terminal/option-values';
import type { OutputOptions } from '../../terminal/output';
import { Progress } from '../../terminal/progress';
import { WRITES } from '../../terminal/session';
import { TerminalCommand } from '../../terminal/terminal.command';
import type { FileRow } from './file-row';
import type { ImportSummary } from './extension-importer';
import type { ImportRow } from './extension-rows';

interface ImportOptions extends OutputOptions {
  readonly customerId?: string;
  readonly dryRun?: boolean;
  readonly concurrency?: number;
}

const TOLD_PLACES = 5;
const CONCURRENCY = 4;
const MAX_CONCURRENCY = 16;

@SubCommand({
  name: 'import',
  description: 'create the extensions of a file; run it again after an interruption',
  arguments: '<file>',
  argsDescription: {
    file: 'a .csv or .json file with customer_id, extension, username, password, name, detail; - reads stdin (with --format)',
  },
})
export class ExtensionImportCommand extends TerminalCommand<ImportOptions> {
  /** --format says what stdin holds. */
  protected override readonly takesCsv = true;
  protected readonly examples = [
    'extension import extensions.csv --dry-run',
    'extension import extensions.csv --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11',
    'extension import - --format csv < extensions.csv',
  ];

  protected async execute(given: ImportOptions, [path = '']: readonly string[]): Promise<void> {
    const { importFormat, readCells } = await import('./extension-file.js');
    const { readRows } = await import('./extension-rows.js');
    const { format, isGiven } = importFormat(path, given.format);
    const options = isGiven ? withoutFormat(given) : given;
    this.terminal.speaksJson = this.output.formatOf(options) === 'json';
    const cells = await readCells(path, format);
    const rows = readRows(cells, options.customerId);
    if (rows.length === 0) throw new UsageError(['the file holds no extensions']);
    this.tellMarks(cells);
    if (options.dryRun === true) this.tellDryRun(rows, options);
    else await this.importAll(rows, options);
  }

  /** No password changes in silence. */
  private tellMarks(cells: readonly FileRow[]): void {
    const marked = cells.filter(({ hasMarkedPassword }) => hasMarkedPassword === true).map(({ at }) => at);
    if (marked.length === 0) return;
    const places = [...marked.slice(0, TOLD_PLACES), ...(marked.length > TOLD_PLACES ? ['…'] : [])].join(', ');
    this.terminal.say(
      `An apostrophe is taken off ${marked.length === 1 ? 'a password' : `${marked.length} passwords`} (${places}), as list and export write it before = + - @ and '.`,
    );
  }

  private tellDryRun(rows: readonly ImportRow[], options: ImportOptions): void {
    const generated = rows.filter((row) => row.hasGeneratedPassword).length;
    this.output.one(
      { total: rows.length, valid: rows.length, generated_passwords: generated },
      [
        ['rows', `${rows.length}, all valid`],
        ['passwords', `${generated} to be generated`],
        ['imported', 'nothing: dry run'],
      ],
      options,
    );
  }

  private async importAll(rows: readonly ImportRow[], options: ImportOptions): Promise<void> {
    const { ExtensionReader } = await import('../../../extension/extension.reader.js');
    const { ExtensionWriter } = await import('../../../extension/extension.writer.js');
    const { ExtensionImporter } = await import('./extension-importer.js');
    const { untilInterrupted } = await import('../../terminal/interruption.js');
    const session = await this.session.open(WRITES);
    const progress = new Progress(this.terminal, rows.length);
    const services = { reader: session.get(ExtensionReader), writer: session.get(ExtensionWriter) };
    const importer = new ExtensionImporter(services, rows, {
      onRow: () => {
        progress.advance();
      },
      onOutage: () => {
        this.terminal.warn('a dependency does not answer; trying again for half a minute.');
      },
    });
    const isUnavailable = await untilInterrupted((signal) => importer.run(options.concurrency ?? CONCURRENCY, signal));
    progress.end();
    this.tell(importer.summary, options);
    if (importer.summary.left > 0) {
      const why = isUnavailable ? 'a dependency stayed away' : 'interrupted';
      const message = `${why}; ${importer.summary.left} rows are left, the same command goes on with them`;
      throw new CommandError(message, isUnavailable ? EXIT.unreachable : EXIT.failed);
    }
    if (importer.summary.failed > 0) throw new CommandError(`${importer.summary.failed} rows were refused`);
  }

  private tell(summary: ImportSummary, options: ImportOptions): void {
    const { total, created, skipped, failed, left, failures } = summary;
    const counts = `${created} created, ${skipped} there already, ${failed} refused, ${left} left`;
    const generated = `${summary.generated_passwords} generated; registrar-control extension export has them`;
    this.output.one(
      summary,
      [
        ['rows', `${total}: ${counts}`],
        ['passwords', generated],
        ...failures.map(({ at, reason }) => [at, reason] as const),
      ],
      options,
    );
  }

  @Option({ flags: '--customer-id <uuid>', description: 'the customer of rows that name none' })
  readCustomerId(text: string): string {
    return readUuid('customer-id', text);
  }

  @Option({ flags: '--dry-run', description: 'only check the file' })
  readDryRun(): boolean {
    return true;
  }

  @Option({ flags: '--concurrency <count>', description: `so many at once (${CONCURRENCY})` })
  readConcurrency(text: string): number {
    return readInteger('concurrency', text, 1, MAX_CONCURRENCY);
  }
}

/** The format was the file's: the result is shown as usual. */
function withoutFormat(options: ImportOptions): ImportOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'format'));
}
