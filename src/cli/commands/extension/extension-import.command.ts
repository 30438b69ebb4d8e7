import { command, CUSTOMER } from '../../command';
import { WRITES } from '../../needs';
import { concurrency, customerId, dryRun } from '../../options';
import type { Session } from '../../session';
import { CommandError, EXIT, UsageError } from '../../terminal/exit-code';
import { Output } from '../../terminal/output';
import { Progress } from '../../terminal/progress';
import type { Terminal } from '../../terminal/terminal';
import type { FileRow } from './file-row';
import type { ImportSummary } from './extension-importer';
import type { ImportRow } from './extension-rows';

const TOLD_PLACES = 5;
const CONCURRENCY = 4;

export const importExtensions = command({
  words: 'extension import',
  description: 'create the extensions of a file; run it again after an interruption',
  argument: {
    usage: '<file>',
    help: 'a .csv or .json file with customer_id, extension, username, password, name, detail; - reads stdin (with --format)',
  },
  options: {
    customerId: { ...customerId, help: 'the customer of rows that name none' },
    dryRun: { ...dryRun, help: 'only check the file' },
    concurrency,
  },
  takesCsv: true,
  examples: [
    'extension import extensions.csv --dry-run',
    `extension import extensions.csv --customer-id ${CUSTOMER}`,
    'extension import - --format csv < extensions.csv',
  ],
  async run(session, options, path = '') {
    const { importFormat, readCells } = await import('./extension-file.js');
    const { readRows } = await import('./extension-rows.js');
    const { format, isGiven } = importFormat(path, session.output.given.format);
    // --format named the format of the file: show the result in the default format.
    const output = isGiven
      ? new Output(session.terminal, { ...session.output.given, format: undefined })
      : session.output;
    const cells = await readCells(path, format);
    const rows = readRows(cells, options.customerId);
    if (rows.length === 0) throw new UsageError(['the file holds no extensions']);
    tellMarks(cells, session.terminal);
    if (options.dryRun === true) tellDryRun(rows, output);
    else await importAll(session, rows, options.concurrency ?? CONCURRENCY, output);
  },
});

/** Reports passwords from which an apostrophe is removed. */
function tellMarks(cells: readonly FileRow[], terminal: Terminal): void {
  const marked = cells.filter(({ hasMarkedPassword }) => hasMarkedPassword === true).map(({ at }) => at);
  if (marked.length === 0) return;
  const places = [...marked.slice(0, TOLD_PLACES), ...(marked.length > TOLD_PLACES ? ['…'] : [])].join(', ');
  terminal.say(
    `An apostrophe is taken off ${marked.length === 1 ? 'a password' : `${marked.length} passwords`} (${places}), as list and export write it before = + - @ and '.`,
  );
}

function tellDryRun(rows: readonly ImportRow[], output: Output): void {
  const generated = rows.filter((row) => row.hasGeneratedPassword).length;
  output.one({ total: rows.length, valid: rows.length, generated_passwords: generated }, [
    ['rows', `${rows.length}, all valid`],
    ['passwords', `${generated} to be generated`],
    ['imported', 'nothing: dry run'],
  ]);
}

async function importAll(session: Session, rows: readonly ImportRow[], atOnce: number, output: Output): Promise<void> {
  const { ExtensionImporter } = await import('./extension-importer.js');
  const { untilInterrupted } = await import('../../terminal/interruption.js');
  const { extensions } = await session.open(WRITES);
  const progress = new Progress(session.terminal, rows.length);
  const importer = new ExtensionImporter(extensions, rows, {
    onRow: () => progress.advance(),
    onOutage: () => session.terminal.warn('a dependency does not answer; trying again for half a minute.'),
  });
  const isUnavailable = await untilInterrupted((signal) => importer.run(atOnce, signal));
  progress.end();
  const { left, failed } = importer.summary;
  output.one(importer.summary, detailOf(importer.summary));
  if (left > 0) {
    const why = isUnavailable ? 'a dependency stayed away' : 'interrupted';
    const message = `${why}; ${left} rows are left: run the same command again to import them`;
    throw new CommandError(message, isUnavailable ? EXIT.unreachable : EXIT.failed);
  }
  if (failed > 0) throw new CommandError(`${failed} rows were refused`);
}

function detailOf({ total, created, skipped, failed, left, failures, generated_passwords: generated }: ImportSummary) {
  return [
    ['rows', `${total}: ${created} created, ${skipped} there already, ${failed} refused, ${left} left`] as const,
    ['passwords', `${generated} generated; registrar-control extension export has them`] as const,
    ...failures.map(({ at, reason }) => [at, reason] as const),
  ];
}
