import { AbstractLogger, type DataSource, type QueryRunner } from 'typeorm';
import { driverErrorOf } from '../mysql-errors';

const owners = new WeakMap<object, DataSource>();

/**
 * Whose statement failed. Work on both databases goes through the hands of both, and an error does not say which of them it
 * is from; TypeORM tells its logger.
 */
export class StatementOwners extends AbstractLogger {
  override logQueryError(error: string | Error, _query: string, _parameters?: unknown, runner?: QueryRunner): void {
    if (typeof error === 'object' && runner !== undefined) owners.set(error, runner.dataSource);
  }

  protected override writeLog(): void {
    // What is worth a line is logged where the error is handled.
  }
}

/** False when the error is known to be from another data source. */
export function mayBeOf(dataSource: DataSource, error: unknown): boolean {
  const owner = owners.get(driverErrorOf(error));
  return owner === undefined || owner === dataSource;
}
