import { maskText } from './sensitive';

interface ErrorFields {
  readonly name: string;
  readonly message?: string;
  readonly code?: string | number;
  readonly errno?: number;
  readonly status?: string;
  readonly reason?: string;
  readonly stack?: readonly string[];
  readonly cause?: ErrorFields;
}

const MAX_FRAMES = 20;
const MAX_CAUSES = 4;
const FRAME = /^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\))$/;

/** The fields of an error that may be logged. Own properties such as `query`, `parameters` or `sql` are never read. */
export function errorFields(error: Error, depth = 0): ErrorFields {
  const { code, errno, status, reason, cause } = error as Error & Record<string, unknown>;
  return {
    name: nameOf(error),
    ...(!quotesItsInput(error) && error.message !== '' && { message: maskText(error.message.slice(0, 1000)) }),
    ...(isCode(code) && { code }),
    ...(typeof errno === 'number' && { errno }),
    ...(isCode(status) && { status: String(status) }),
    ...(isCode(reason) && { reason: String(reason) }),
    stack: framesOf(error),
    ...(cause instanceof Error && depth < MAX_CAUSES && { cause: errorFields(cause, depth + 1) }),
  };
}

/**
 * Whether the error's message repeats its input: a database error quotes the row, JSON.parse the text, Redis the
 * command. Errors of the operating system have an errno too, but name only an address.
 */
export function quotesItsInput(error: Error): boolean {
  const has = (key: string): boolean => key in error;
  if (['sqlMessage', 'sqlState', 'sql', 'query', 'driverError'].some(has)) return true;
  if (has('errno') && !has('syscall')) return true;
  return /QueryFailed|SyntaxError|ReplyError|^Er_/.test(`${nameOf(error)} ${firstWord(error.stack)}`);
}

function nameOf(error: Error): string {
  return typeof error.name === 'string' ? error.name.slice(0, 100) : 'Error';
}

function firstWord(stack: unknown): string {
  return typeof stack === 'string' ? (/^\S{0,100}/.exec(stack)?.[0] ?? '') : '';
}

/** A code is a word such as ER_DUP_ENTRY or 404; a sentence is not. */
function isCode(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && /^[A-Za-z0-9_.-]{1,80}$/.test(value));
}

/** The stack without its heading, which repeats the message. */
function framesOf(error: Error): readonly string[] {
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const heading = error.message === '' ? -1 : stack.indexOf(error.message);
  const frames = heading === -1 ? stack : stack.slice(heading + error.message.length);
  const lines = frames.split('\n').filter((line) => FRAME.test(line));
  return lines.slice(0, MAX_FRAMES).map((line) => line.trim().slice(0, 300));
}
