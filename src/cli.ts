#!/usr/bin/env node
import './cli/process-title';
import 'reflect-metadata';
import { parse } from './cli/program';
import { Session } from './cli/session';
import { CommandError } from './cli/terminal/exit-code';
import { Terminal } from './cli/terminal/terminal';

const LINGER_MS = 200;

async function main(): Promise<void> {
  const terminal = new Terminal();
  let session: Session | undefined;
  try {
    const { command, options, argument, configFlags } = parse(process.argv.slice(2));
    session = new Session(terminal, options, configFlags);
    await command.run?.(session, options, argument);
  } catch (error) {
    // Loaded here: --help must not wait for the error classes of the service.
    const failure =
      error instanceof CommandError ? error : (await import('./cli/terminal/failure.js')).failureOf(error);
    terminal.fail(failure.lines);
    process.exitCode = failure.exitCode;
  } finally {
    await session?.close();
    await terminal.flush();
    // A socket whose peer never answers must not keep the process alive.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

void main();
