import type { Terminal } from './terminal';
import { maskedPassword } from './password';
import { renderDetail, renderTable, type Column, type Entry } from './table';

export const FORMATS = ['table', 'json', 'csv'] as const;
type Format = (typeof FORMATS)[number];

/** The requested form of results. */
export interface OutputOptions {
  readonly format?: Format | undefined;
  readonly quiet?: boolean | undefined;
  readonly showPassword?: boolean | undefined;
}

/** How one kind of resource is shown. */
export interface View<Resource> {
  readonly columns: readonly Column<Resource>[];
  /** Cells by the keys of the RPC reply. */
  readonly csv: (resource: Resource) => Readonly<Record<string, string>>;
}

/** Prints results in the requested format. The default is a table on a terminal and JSON elsewhere. */
export class Output {
  readonly format: Format;
  readonly showsPasswords: boolean;

  constructor(
    private readonly terminal: Terminal,
    readonly given: OutputOptions,
  ) {
    this.format = given.format ?? (terminal.showsResults ? 'table' : 'json');
    this.showsPasswords = given.showPassword === true;
    terminal.isQuiet = given.quiet === true;
    terminal.speaksJson = this.format === 'json';
  }

  /** The password, or a mask unless --show-password is given. */
  password(text: string): string {
    return this.showsPasswords ? text : maskedPassword(text);
  }

  json(value: unknown): void {
    this.terminal.print(JSON.stringify(value, null, 2));
  }

  /** Reports what was done: an object in JSON, otherwise a sentence on stderr. */
  done(value: object, sentence: string): void {
    if (this.format === 'json') this.json(value);
    else this.terminal.say(sentence);
  }

  /** One resource: JSON as in the RPC reply, or one value on each line. */
  one(value: object, detail: readonly Entry[]): void {
    if (this.format === 'json') this.json(value);
    else this.terminal.print(renderDetail(detail.map(([name, text]) => [this.terminal.tone('bold', name), text])));
  }

  async list<Resource extends object>(resources: readonly Resource[], view: View<Resource>): Promise<void> {
    if (this.format === 'json') this.json(resources);
    else if (this.format === 'csv') await this.csv(resources.map(view.csv));
    else if (resources.length === 0) this.terminal.say('Nothing found.');
    else this.terminal.print(renderTable(view.columns, resources, this.terminal.width));
  }

  private async csv(rows: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const { csvText } = await import('./csv.js');
    await this.terminal.printAll(await csvText(rows, Object.keys(rows[0] ?? {}), rows.length > 0));
  }
}
