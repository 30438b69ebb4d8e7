import type { EntityManager, EntityTarget, ObjectLiteral, ValueTransformer } from 'typeorm';
import { convertEach } from '../convert-each';
import type { Row } from './columns';

type Raw = Readonly<Record<string, unknown>>;

interface Column {
  readonly property: string;
  readonly name: string;
  readonly transformer: ValueTransformer | undefined;
}

/**
 * Literal statements on the table of an entity, and its rows as plain objects. The columns are the entity's; TypeORM's
 * own builders take several times as long for the same statement (docs/performance.md).
 */
export class RecordTable<T extends ObjectLiteral> {
  private readonly columns: readonly Column[];
  private readonly name: string;
  /** `SELECT … FROM table r`, with every column of the entity. */
  readonly select: string;
  private readonly insertion: string;

  constructor(manager: EntityManager, entity: EntityTarget<T>) {
    const metadata = manager.dataSource.getMetadata(entity);
    this.name = metadata.tableName;
    this.columns = metadata.columns.map(({ propertyName, databaseName, transformer }) => ({
      property: propertyName,
      name: databaseName,
      transformer: transformer as ValueTransformer | undefined,
    }));
    this.select = `SELECT ${this.columns.map(({ name }) => `r.${name}`).join(', ')} FROM ${this.name} r`;
    const marks = this.columns.map(() => '?').join(', ');
    this.insertion = `INSERT INTO ${this.name} (${this.columns.map(({ name }) => name).join(', ')}) VALUES (${marks})`;
  }

  /** The rows of {@link select} followed by `rest`. */
  async find(manager: EntityManager, rest: string, values: readonly unknown[]): Promise<Row<T>[]> {
    const rows = await manager.query<Raw[]>(`${this.select} ${rest}`, [...values]);
    return convertEach(rows, (raw) => this.read(raw));
  }

  /** Rows of other columns: `what` replaces the columns of the entity. */
  pick<R>(manager: EntityManager, what: string, rest: string, values: readonly unknown[]): Promise<R[]> {
    return manager.query<R[]>(`SELECT ${what} FROM ${this.name} r ${rest}`, [...values]);
  }

  async insert(manager: EntityManager, row: Row<T>): Promise<void> {
    await manager.query(
      this.insertion,
      this.columns.map((column) => written(column, row)),
    );
  }

  /** Sets the given properties of the rows. */
  async update(manager: EntityManager, ids: readonly Buffer[], changes: Partial<Row<T>>): Promise<void> {
    const changed = this.columns.filter(({ property }) => property in changes);
    if (changed.length === 0) return;
    const sets = changed.map(({ name }) => `${name} = ?`).join(', ');
    await manager.query(`UPDATE ${this.name} SET ${sets} WHERE id IN (?)`, [
      ...changed.map((column) => written(column, changes)),
      ids,
    ]);
  }

  private read(raw: Raw): Row<T> {
    const row: Record<string, unknown> = {};
    for (const { property, name, transformer } of this.columns)
      row[property] = transformer === undefined ? raw[name] : transformer.from(raw[name]);
    return row as Row<T>;
  }
}

function written({ property, transformer }: Column, row: Raw): unknown {
  return transformer === undefined ? row[property] : (transformer.to(row[property]) as unknown);
}
