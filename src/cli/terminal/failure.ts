import { ConfigError } from '../../platform/config/config';
import { isSchemaLacking, SCHEMA_INCOMPLETE } from '../../platform/database/mysql-errors';
import { ServiceError, type ErrorDetail } from '../../platform/errors/service-error';
import { CommandError, EXIT, UsageError, type ExitCode } from './exit-code';
import { flagOfField } from './field-flags';

/** How a command ended that did not do what was asked. */
export interface Failure {
  readonly exitCode: ExitCode;
  /** Lines for the operator; empty when everything has been said already. */
  readonly lines: readonly string[];
}

/** The parser's own errors carry such a code; it has printed help and version by then. */
interface ParserError {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
}

const SCHEMA_LACKING =
  'the schema is incomplete; registrar-control schema verify tells what is missing, schema apply adds it.';

/** The database answers, so it is not for waiting: its tables must be mended. */
function isOfSchema(error: unknown): boolean {
  return error instanceof ServiceError && error.reason === SCHEMA_INCOMPLETE;
}

export function failureOf(error: unknown): Failure {
  if (isParserError(error)) return parserFailure(error);
  if (error instanceof CommandError) return { exitCode: error.exitCode, lines: error.message.split('\n') };
  if (error instanceof ConfigError) {
    return {
      exitCode: EXIT.usage,
      lines: ['the configuration is invalid:', ...error.problems.map((line) => `  ${line}`)],
    };
  }
  if (isOfSchema(error) || isSchemaLacking(error)) return { exitCode: EXIT.failed, lines: [SCHEMA_LACKING] };
  if (error instanceof ServiceError) return serviceFailure(error);
  return { exitCode: EXIT.failed, lines: ['an unexpected failure; LOG_LEVEL=debug and the log line above tell more.'] };
}

/** For a request whose fields were given by other flags than usual. */
export function namingFlags<T>(flags: Readonly<Record<string, string>>, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 'INVALID_ARGUMENT') throw error;
    const line = ({ field, rule }: ErrorDetail): string => {
      const name = String(field);
      return `${flags[name] === undefined ? flagOfField(name) : `--${flags[name]}`} ${String(rule)}`;
    };
    throw new UsageError(error.details.map(line));
  }
}

function serviceFailure(error: ServiceError): Failure {
  const violations = error.details.flatMap(({ field, rule }) =>
    typeof field === 'string' && typeof rule === 'string' ? [`${flagOfField(field)} ${rule}`] : [],
  );
  if (error.status === 'INVALID_ARGUMENT') {
    return { exitCode: EXIT.usage, lines: violations.length > 0 ? violations : [error.message] };
  }
  const exitCode = error.status === 'UNAVAILABLE' ? EXIT.unreachable : EXIT.failed;
  return { exitCode, lines: [error.message, ...violations] };
}

function parserFailure({ code, exitCode, message }: ParserError): Failure {
  const isHelp = code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version';
  if (isHelp) return { exitCode: exitCode === 0 ? EXIT.done : EXIT.usage, lines: [] };
  return { exitCode: EXIT.usage, lines: [message.replace(/^error: /, '')] };
}

function isParserError(error: unknown): error is ParserError {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('commander.')
  );
}
