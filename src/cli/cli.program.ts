import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface';
import { CommandFactory, InjectCommander } from 'nest-commander';
import { version } from './cli.version';
import { CliSession } from './cli.session';
import { CONTACT_COMMANDS } from './commands/contact/contact.command';
import { DOCTOR_COMMANDS } from './doctor/doctor.command';
import { EXTENSION_COMMANDS } from './commands/extension/extension.command';
import { SCHEMA_COMMANDS } from './commands/schema.command';
import { EVENTS_COMMANDS } from './commands/events.command';
import { PARKED_COMMANDS } from './commands/parked.command';
import { CommandLine } from './terminal/command-line';
import { walkCommands, type CommandNode } from './terminal/command-tree';
import { COMPLETION_COMMANDS } from './terminal/completion.command';
import { Output } from './terminal/output';
import { Prompt } from './terminal/prompt';
import { Session } from './terminal/session';
import { Terminal } from './terminal/terminal';
import { RECONCILE_COMMANDS } from './commands/reconcile.command';
import { TRUNK_COMMANDS } from './commands/trunk/trunk.command';

const ABOUT = `
Every command also takes the service's configuration as flags (--database_dsn_bin, --rabbitmq-address, ...); otherwise it
comes from the environment and from .env. Flags can be written with hyphens or underscores.

Exit codes: 0 done, 1 refused or failed, 2 used wrongly, 3 a dependency cannot be reached.

Examples:
  $ registrar-control extension list --customer-id 3c1f6a52-8d1e-4b7a-9f20-6b1d5c0e7a11
  $ registrar-control doctor`;

/** The parser that nest-commander fills. */
class Program {
  constructor(@InjectCommander() readonly root: CommandNode) {}
}

/** Every command; none of them loads more than its own flags before it runs. */
@Module({
  providers: [
    Program,
    CommandLine,
    Output,
    Prompt,
    Terminal,
    { provide: Session, useClass: CliSession },
    ...EXTENSION_COMMANDS,
    ...TRUNK_COMMANDS,
    ...CONTACT_COMMANDS,
    ...RECONCILE_COMMANDS,
    ...SCHEMA_COMMANDS,
    ...EVENTS_COMMANDS,
    ...PARKED_COMMANDS,
    ...DOCTOR_COMMANDS,
    ...COMPLETION_COMMANDS,
  ],
})
class ProgramModule {}

export interface CommandProgram {
  readonly app: INestApplicationContext;
  readonly program: CommandNode;
  /** What the command that ran has failed with. */
  readonly failure: () => Error | undefined;
}

export async function createProgram(): Promise<CommandProgram> {
  let failure: Error | undefined;
  const options = Object.assign(new NestApplicationContextOptions(), {
    logger: false as const,
    version: version(),
    serviceErrorHandler: (error: Error) => {
      failure = error;
    },
  });
  const app = await CommandFactory.createWithoutRunning(ProgramModule, options);
  const program = app.get(Program).root;
  program.name('registrar-control').description('Extensions, trunks and registrations, from the command line.');
  program.addHelpText('after', ABOUT);
  for (const { node } of walkCommands(program)) {
    // Thrown instead of an exit, which would cut off what is being written.
    node.exitOverride();
    // `parked replay 5` must not replay all.
    if (node.commands.length === 0) node.allowExcessArguments(false);
    node.configureOutput({ writeErr: (text) => void process.stderr.write(text), outputError: () => undefined });
    node.configureHelp({ showGlobalOptions: false });
  }
  return { app, program, failure: () => failure };
}
