import { ConfigError } from '../../platform/config/config';
import { isSchemaLacking, SCHEMA_INCOMPLETE } from '../../platform/database/mysql-errors';
import { ServiceError } from '../../platform/errors/service-error';
import { CommandError, EXIT, type ExitCode } from './exit-code';

/** The end of a command that failed. */
interface Failure {
  readonly exitCode: ExitCode;
  /** Lines for the operator; empty when everything has been printed already. */
  readonly lines: readonly string[];
}

const FLAGS: Readonly<Record<string, string>> = { extension: 'extension-number', domain_name: 'domain' };

const SCHEMA_LACKING =
  'the schema is incomplete; registrar-control schema verify tells what is missing, schema apply adds it.';

export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) return error;
  if (error instanceof ConfigError) {
    return {
      exitCode: EXIT.usage,
      lines: ['the configuration is invalid:', ...error.problems.map((line) => `  ${line}`)],
    };
  }
  // The database answers, but its tables must be changed first: waiting does not help.
  if (isSchemaLacking(error) || (error instanceof ServiceError && error.reason === SCHEMA_INCOMPLETE)) {
    return { exitCode: EXIT.failed, lines: [SCHEMA_LACKING] };
  }
  if (error instanceof ServiceError) return serviceFailure(error);
  return { exitCode: EXIT.failed, lines: ['an unexpected failure; LOG_LEVEL=debug and the log line above tell more.'] };
}

/** Names violations by other flags than usual. */
export function namingFlags<T>(flags: Readonly<Record<string, string>>, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { exitCode, lines } = serviceFailure(error, flags);
    throw new CommandError(lines.join('\n'), exitCode);
  }
}

function serviceFailure(
  { status, message, details }: ServiceError,
  flags: Readonly<Record<string, string>> = {},
): Failure {
  const violations = details.flatMap(({ field, rule }) =>
    typeof field === 'string' && typeof rule === 'string' ? [`${flags[field] ?? flagOfField(field)} ${rule}`] : [],
  );
  if (status === 'INVALID_ARGUMENT')
    return { exitCode: EXIT.usage, lines: violations.length > 0 ? violations : [message] };
  return { exitCode: status === 'UNAVAILABLE' ? EXIT.unreachable : EXIT.failed, lines: [message, ...violations] };
}

/** The flag that gives a field of a request. */
function flagOfField(field: string): string {
  return `--${FLAGS[field] ?? field.replaceAll('_', '-')}`;
}
