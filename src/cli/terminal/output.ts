import type { Terminal } from './terminal';
import { maskedPassword } from './password';
import { renderDetail, renderTable, type Column, type Entry } from './table';

export const FORMATS = ['table', 'json', 'csv'] as const;
type Format = (typeof FORMATS)[number];

/** How results are wanted. */
export interface OutputOptions {
  readonly format?: Format | undefined;
  readonly quiet?: boolean | undefined;
  readonly showPassword?: boolean | undefined;
}

/** How one kind of resource is shown. */
export interface View<Resource> {
  readonly columns: readonly Column<Resource>[];
  /** By wire names. */
  readonly csv: (resource: Resource) => Readonly<Record<string, string>>;
}

/** Results in the wanted format: a table for a person, JSON for a program. */
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

  /** As it may be shown. */
  password(text: string): string {
    return this.showsPasswords ? text : maskedPassword(text);
  }

  json(value: unknown): void {
    this.terminal.print(JSON.stringify(value, null, 2));
  }

  /** What was done: an object for a program, a sentence beside the results for a person. */
  done(value: object, sentence: string): void {
    if (this.format === 'json') this.json(value);
    else this.terminal.say(sentence);
  }

  /** One resource: the wire's JSON, or one value a line. */
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
