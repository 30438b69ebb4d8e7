import { Injectable } from '@nestjs/common';
import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandError, UsageError } from './exit-code';
import { Terminal } from './terminal';

const STDIN_MAX_BYTES = 4_096;

/** Asks the person at the terminal. Without a terminal nothing ever waits: the missing flag is named instead. */
@Injectable()
export class Prompt {
  constructor(private readonly terminal: Terminal) {}

  /** The value, or what the person answers. */
  async require(value: string | undefined, flag: string, question: string): Promise<string> {
    if (value !== undefined) return value;
    if (!this.terminal.isInteractive) throw new UsageError([`--${flag} is required`]);
    const answer = await this.ask(`${question}: `);
    if (answer === '') throw new UsageError([`--${flag} is required`]);
    return answer;
  }

  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(await this.ask(`${question} [y/N] `));
  }

  /** Typed twice and never shown. */
  async newPassword(flag: string): Promise<string> {
    if (!this.terminal.isInteractive) {
      throw new UsageError([`--${flag} is required (or --password-stdin, or --generate-password)`]);
    }
    const password = await this.askHidden('Password: ');
    if ((await this.askHidden('The same again: ')) !== password) throw new UsageError(['the two passwords differ']);
    return password;
  }

  /** All of stdin without the line end that `echo` adds. */
  async passwordFromStdin(): Promise<string> {
    if (process.stdin.isTTY) return this.askHidden('Password: ');
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

  private ask(question: string): Promise<string> {
    return converse(process.stderr, (lines) => lines.question(question));
  }

  private async askHidden(question: string): Promise<string> {
    let isMuted = false;
    const output = new Writable({
      write(chunk: Buffer, _, done) {
        if (!isMuted) process.stderr.write(chunk);
        done();
      },
    });
    const answer = await converse(output, (lines) => {
      const answering = lines.question(question);
      isMuted = true;
      return answering;
    });
    process.stderr.write('\n');
    return answer;
  }
}

/** Ctrl-C and Ctrl-D end the command. */
async function converse(output: NodeJS.WritableStream, talk: (lines: Interface) => Promise<string>): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  let isAnswered = false;
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.on('SIGINT', () => lines.close());
      lines.on('close', () => {
        if (!isAnswered) process.stderr.write('\n');
        if (!isAnswered) reject(new CommandError('cancelled'));
      });
      talk(lines).then((answer) => {
        isAnswered = true;
        resolve(answer);
      }, reject);
    });
  } finally {
    lines.close();
  }
}
