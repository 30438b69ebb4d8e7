import { type Command, CUSTOMER, group, PROGRAM } from './command';
import { CONTACT_COMMANDS } from './commands/contact/contact.commands';
import { EVENT_COMMANDS } from './commands/events.commands';
import { EXTENSION_COMMANDS } from './commands/extension/extension.commands';
import { PARKED_COMMANDS } from './commands/parked.commands';
import { reconcile } from './commands/reconcile.command';
import { SCHEMA_COMMANDS } from './commands/schema.commands';
import { TRUNK_COMMANDS } from './commands/trunk/trunk.commands';
import { completionScript, SHELLS } from './completion';
import { doctor } from './doctor/doctor.command';
import { readChoice } from './options';

const program = group({
  words: '',
  description: 'Extensions, trunks and registrations, from the command line.',
  notes: `
Every command also takes the service's configuration as flags (--database_dsn_bin, --rabbitmq-address, ...); otherwise it
comes from the environment and from .env. Flags can be written with hyphens or underscores.

Exit codes: 0 done, 1 refused or failed, 2 used wrongly, 3 a dependency cannot be reached.
`,
  examples: [`extension list --customer-id ${CUSTOMER}`, 'doctor'],
});

const completion: Command = {
  words: 'completion',
  description: "print a shell's completion script",
  argument: { usage: '<shell>', help: SHELLS.join(', ') },
  options: {},
  examples: [
    `source <(${PROGRAM} completion bash)`,
    `${PROGRAM} completion zsh > "\${fpath[1]}/_${PROGRAM}"`,
    `${PROGRAM} completion fish > ~/.config/fish/completions/${PROGRAM}.fish`,
  ],
  run: ({ terminal }, _, shell = '') =>
    terminal.printAll(completionScript(readChoice(SHELLS, shell, 'the shell'), COMMANDS)),
};

/** Every command, each after its group. A command loads only its options before it runs. */
export const COMMANDS: readonly Command[] = [
  program,
  ...EXTENSION_COMMANDS,
  ...TRUNK_COMMANDS,
  ...CONTACT_COMMANDS,
  reconcile,
  ...SCHEMA_COMMANDS,
  ...EVENT_COMMANDS,
  ...PARKED_COMMANDS,
  doctor,
  completion,
];
