import type { EntityManager, EntityTarget, ObjectLiteral, ValueTransformer } from 'typeorm';
import { convertEach } from '../convert-each';
import type { Row } from './columns';

type Raw = Record<string, unknown>;

interface Column {
  readonly property: string;
  readonly name: string;
  readonly transformer: ValueTransformer | undefined;
}

type Transformed = Column & { readonly transformer: ValueTransformer };

/**
 * Literal statements on the table of an entity, and its rows as plain objects. The columns are the entity's; TypeORM's
 * own builders take several times as long for the same statement (docs/performance.md).
 */
export class RecordTable<T extends ObjectLiteral> {
  private readonly columns: readonly Column[];
  private readonly transformed: readonly Transformed[];
  private readonly name: string;
  private readonly selection: string;
  private readonly insertion: string;

  constructor(manager: EntityManager, entity: EntityTarget<T>) {
    const metadata = manager.dataSource.getMetadata(entity);
    this.name = metadata.tableName;
    this.columns = metadata.columns.map(({ propertyName, databaseName, transformer }) => ({
      property: propertyName,
      name: databaseName,
      transformer: transformer as ValueTransformer | undefined,
    }));
    const names = this.columns.map(({ name, property }) => `r.${name} AS ${property}`);
    this.selection = `SELECT ${names.join(', ')} FROM ${this.name} r`;
    this.transformed = this.columns.filter((column): column is Transformed => column.transformer !== undefined);
    const marks = this.columns.map(() => '?').join(', ');
    this.insertion = `INSERT INTO ${this.name} (${this.columns.map(({ name }) => name).join(', ')}) VALUES (${marks})`;
  }

  /** Rows of the table `r`; `rest` follows its name. */
  async find(manager: EntityManager, rest: string, values: readonly unknown[]): Promise<Row<T>[]> {
    const rows = await manager.query<Raw[]>(`${this.selection} ${rest}`, [...values]);
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

  /** In place: the driver's object has the properties of a row already. */
  private read(raw: Raw): Row<T> {
    for (const { property, transformer } of this.transformed) raw[property] = transformer.from(raw[property]);
    return raw as Row<T>;
  }
}

function written({ property, transformer }: Column, row: Raw): unknown {
  return transformer === undefined ? row[property] : (transformer.to(row[property]) as unknown);
}
