import { type DestinationStream, type LogFn, type Logger as PinoInstance, pino } from 'pino';
import { type Config } from '../../config/config';
import { currentContext } from '../request-context';
import { errorFields, quotesItsInput } from './error-fields';
import { redact, redactFields } from './redact';
import { maskText } from './sensitive';

export type LogFields = Readonly<Record<string, unknown>>;

/** The log of the service. It removes values with a secret key and what errors quote. */
export class Log {
  constructor(private readonly pino: PinoInstance) {}

  debug(message: string, fields: LogFields = {}): void {
    this.pino.debug(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.pino.info(fields, message);
  }

  warning(message: string, fields: LogFields = {}): void {
    this.pino.warn(fields, message);
  }

  error(message: string, fields: LogFields = {}): void {
    this.pino.error(fields, message);
  }

  critical(message: string, fields: LogFields = {}): void {
    this.pino.fatal(fields, message);
  }
}

const SEVERITY: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

const RESERVED = new Set(['severity', 'message', 'timestamp', 'request_id']);

/** One JSON line per entry on stderr, in the shape the platform's log collector reads. */
export function createPino(level: Config['logLevel'], destination: DestinationStream = stderr()): PinoInstance {
  return pino(
    {
      level: level === 'warning' ? 'warn' : level,
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"timestamp":${timestamp(Date.now())}`,
      formatters: {
        level: (label) => ({ severity: SEVERITY[label] ?? 'INFO' }),
        log: entryFields,
        bindings: redactFields,
      },
      serializers: { err: (value: unknown) => value, error: (value: unknown) => value },
      hooks: { logMethod: writeRedacted },
    },
    destination,
  );
}

/** Synchronous: what was logged before a crash has been written. */
function stderr(): DestinationStream {
  return pino.destination({ dest: 2, sync: true });
}

function timestamp(epochMs: number): string {
  return `{"seconds":${Math.floor(epochMs / 1000)},"nanos":${(epochMs % 1000) * 1_000_000}}`;
}

function entryFields(fields: object): Record<string, unknown> {
  const entry: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(redactFields(fields))) {
    entry[key === 'err' ? 'error' : RESERVED.has(key) ? `field_${key}` : key] = value;
  }
  const requestId = currentContext()?.requestId;
  if (requestId !== undefined) entry['request_id'] = maskText(requestId.slice(0, 200));
  return entry;
}

/** Pino would use an error's own message as the message of the entry; here the text is checked first. */
function writeRedacted(this: PinoInstance, args: Parameters<LogFn>, method: LogFn): void {
  const [first, second, ...values] = args as unknown[];
  const fields = typeof first === 'object' && first !== null ? first : {};
  const error = fields instanceof Error ? fields : errorIn(fields);
  const given = fields === first ? second : first;
  const rest = fields === first ? values : [second, ...values].slice(0, Math.max(0, args.length - 1));
  const message = typeof given === 'string' ? messageOf(given, error) : (error && errorFields(error).name) || '';
  method.call(this, fields instanceof Error ? { error } : fields, message, ...rest.map(redact));
}

function messageOf(text: string, error: Error | undefined): string {
  const repeats = error !== undefined && quotesItsInput(error) && error.message !== '' && text.includes(error.message);
  return repeats ? error.name : maskText(text.slice(0, 8_192));
}

function errorIn(fields: object): Error | undefined {
  return Object.values(fields).find((value): value is Error => value instanceof Error);
}
