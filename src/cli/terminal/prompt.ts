import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { flagOf, type Option } from '../options';
import { CommandError, UsageError } from './exit-code';
import type { Terminal } from './terminal';

const STDIN_MAX_BYTES = 4_096;

/** Asks the person at the terminal. Without a terminal, `require` and `newPassword` name the missing flag instead. */
export class Prompt {
  constructor(private readonly terminal: Terminal) {}

  /** The given value, or the answer of the person. */
  async require<Value>(option: Option<Value>, value: Value | undefined): Promise<Value> {
    if (value !== undefined) return value;
    const flag = flagOf(option);
    const answer = this.terminal.isInteractive ? await ask(`${option.question ?? flag}: `) : '';
    if (answer === '') throw new UsageError([`${flag} is required`]);
    return option.read(answer, flag);
  }

  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
  }

  /** Asks for a password twice, without showing it. */
  async newPassword(): Promise<string> {
    if (!this.terminal.isInteractive) {
      throw new UsageError(['--password is required (or --password-stdin, or --generate-password)']);
    }
    const password = await askHidden('Password: ');
    if ((await askHidden('The same again: ')) !== password) throw new UsageError(['the two passwords differ']);
    return password;
  }

  /** Reads stdin, without a line end at its end. On a terminal it asks once. */
  async passwordFromStdin(): Promise<string> {
    if (process.stdin.isTTY) return askHidden('Password: ');
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of process.stdin) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > STDIN_MAX_BYTES) throw new UsageError(['--password-stdin: too much on stdin for a password']);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
}

function ask(question: string): Promise<string> {
  return converse(question, process.stderr);
}

async function askHidden(question: string): Promise<string> {
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await converse('', hidden, () => process.stderr.write(question));
  process.stderr.write('\n');
  return answer;
}

/** Ctrl-C and Ctrl-D end the command. `begun` runs when the terminal itself shows no longer what is typed. */
async function converse(
  question: string,
  output: NodeJS.WritableStream,
  begun: () => void = () => undefined,
): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  const closing = new AbortController();
  lines.on('SIGINT', () => lines.close()).once('close', () => closing.abort());
  try {
    begun();
    return await lines.question(question, { signal: closing.signal });
  } catch {
    process.stderr.write('\n');
    throw new CommandError('cancelled');
  } finally {
    lines.close();
  }
}
