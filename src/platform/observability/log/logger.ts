import { type Logger as PinoInstance } from 'pino';

export type LogFields = Readonly<Record<string, unknown>>;

/** The service's log. What is secret by its key, and what errors quote, does not get through. */
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
