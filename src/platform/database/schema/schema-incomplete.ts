import { ServiceError } from '../../errors/service-error';

export const SCHEMA_INCOMPLETE = 'SCHEMA_INCOMPLETE';

/** For whoever asked: it is the database that must be mended, and where to read how. */
export function schemaIncomplete(database: string, cause?: unknown): ServiceError {
  const message = `The tables of database ${database} are not as they must be. registrar-control schema verify tells what to change.`;
  return new ServiceError('UNAVAILABLE', SCHEMA_INCOMPLETE, message, { cause });
}
