#!/usr/bin/env node
import './cli/cli.process-title';
import 'reflect-metadata';
import { CommandRunnerService } from 'nest-commander';
import { createProgram } from './cli/cli.program';
import { readProcess } from './platform/config/config';
import { CommandLine } from './cli/terminal/command-line';
import { failureOf } from './cli/terminal/failure';
import { Session } from './cli/terminal/session';
import { Terminal } from './cli/terminal/terminal';

const LINGER_MS = 200;
const OPERATOR = 'registrar-control';

async function main(): Promise<void> {
  const { app, program, failure } = await createProgram();
  const terminal = app.get(Terminal);
  try {
    const argv = app.get(CommandLine).read(readProcess().argv, program);
    await app.get(CommandRunnerService).run([process.execPath, OPERATOR, ...argv]);
    const error = failure();
    if (error !== undefined) throw error;
  } catch (error) {
    const { exitCode, lines } = failureOf(error);
    terminal.fail(lines);
    process.exitCode = exitCode;
  } finally {
    await app.get(Session).close();
    await app.close();
    await terminal.flush();
    // Whoever still holds a socket that nobody answers on must not hold the shell; in order, nothing is left to hold.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

void main();
