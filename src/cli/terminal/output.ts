import { Injectable } from '@nestjs/common';
import { renderDetail, renderTable, type Column } from './table';
import { Terminal } from './terminal';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** How results are wanted. */
export interface OutputOptions {
  readonly format?: Format;
  readonly quiet?: boolean;
  readonly showPassword?: boolean;
}

/** How one kind of resource is shown; `fields` are its wire names. */
export interface View<Resource> {
  readonly columns: readonly Column<Resource>[];
  readonly csv: (resource: Resource) => Readonly<Record<string, string>>;
}

/** Results in the wanted format: plain JSON unless somebody looks at them. */
@Injectable()
export class Output {
  constructor(private readonly terminal: Terminal) {}

  formatOf({ format }: OutputOptions): Format {
    return format ?? (this.terminal.showsResults ? 'table' : 'json');
  }

  json(value: unknown): void {
    this.terminal.print(JSON.stringify(value, null, 2));
  }

  /** One resource: the wire's JSON, or one value a line. */
  one(value: object, detail: readonly (readonly [string, string])[], options: OutputOptions): void {
    if (this.formatOf(options) === 'json') this.json(value);
    else this.terminal.print(renderDetail(detail.map(([name, text]) => [this.terminal.tone('bold', name), text])));
  }

  async list<Resource extends object>(
    resources: readonly Resource[],
    view: View<Resource>,
    options: OutputOptions,
  ): Promise<void> {
    const format = this.formatOf(options);
    if (format === 'json') {
      this.json(resources);
      return;
    }
    if (format === 'csv') return this.csv(resources.map(view.csv));
    if (resources.length === 0) this.terminal.say('Nothing found.');
    else this.terminal.print(renderTable(view.columns, resources, this.terminal.width));
  }

  private async csv(rows: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const { csvText } = await import('./csv.js');
    await this.terminal.printAll(await csvText(rows, Object.keys(rows[0] ?? {}), rows.length > 0));
  }
}
