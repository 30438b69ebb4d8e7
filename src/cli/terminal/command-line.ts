import { Injectable } from '@nestjs/common';
import { type Config, loadConfig, readProcess } from '../../platform/config/config';
import { nearestFlag, takeConfigFlags } from '../../platform/config/flags';
import { VARIABLE_ENTRIES, flagOf } from '../../platform/config/variables';
import { UsageError } from './exit-code';
import type { CommandNode } from './command-tree';
import { Terminal } from './terminal';

const CONFIG_FLAGS = VARIABLE_ENTRIES.map(([, variable]) => flagOf(variable).replaceAll('_', '-'));

/** What was typed: flags in either spelling, the configuration's flags among them. */
@Injectable()
export class CommandLine {
  private configFlags: ReadonlyMap<string, string> = new Map();

  constructor(private readonly terminal: Terminal) {}

  /** The arguments as the parser knows them. Throws {@link UsageError} for what nobody knows, with the nearest name. */
  read(argv: readonly string[], program: CommandNode): string[] {
    const { flags, rest, problems } = takeConfigFlags(argv);
    if (problems.length > 0) throw new UsageError(problems);
    this.configFlags = flags;
    return spell(rest, program);
  }

  /** Flag before environment before `.env` before default. Logs of a command are for what goes wrong. */
  config(): Config {
    const argv = [...this.configFlags].map(([name, value]) => `--${name.toLowerCase()}=${value}`);
    // What a person must know, the command says itself.
    const level = this.terminal.showsErrors ? 'error' : 'warning';
    return loadConfig({ ...readProcess(), argv, defaults: { LOG_LEVEL: level } });
  }
}

/** Follows the command words, and turns `--customer_id` into `--customer-id`; values stay as they are. */
function spell(argv: readonly string[], program: CommandNode): string[] {
  const spelt: string[] = [];
  let command = program;
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') return [...spelt, ...argv.slice(index)];
    const match = /^--([A-Za-z][A-Za-z0-9_-]*)(=[\s\S]*)?$/.exec(argument);
    if (match === null) {
      if (argument.startsWith('-') && argument.length > 1 && argument !== '-h' && argument !== '-V') {
        throw new UsageError([`${argument.slice(0, 2)} is no flag; flags are written with two hyphens`]);
      }
      command = command.commands.find((child) => child.name() === argument) ?? command;
      spelt.push(argument);
      continue;
    }
    const name = (match[1] ?? '').replaceAll('_', '-').toLowerCase();
    const option = findOption(command, program, name);
    if (!option.required && match[2] !== undefined) throw new UsageError([`--${name} takes no value`]);
    spelt.push(`--${name}${match[2] ?? ''}`);
    if (option.required && match[2] === undefined) {
      const value = argv[++index];
      if (value === undefined) throw new UsageError([`--${name} needs a value`]);
      spelt.push(value);
    }
  }
  return spelt;
}

function findOption(command: CommandNode, program: CommandNode, name: string): { readonly required: boolean } {
  if (name === 'help' || (name === 'version' && command === program)) return { required: false };
  const known = command.options.map((option) => option.long?.slice(2) ?? '');
  const found = command.options[known.indexOf(name)];
  if (found !== undefined) return found;
  const nearest = nearestFlag(name, [...known, 'help', ...CONFIG_FLAGS]);
  throw new UsageError([`--${name} is unknown${nearest === undefined ? '' : `, did you mean --${nearest}?`}`]);
}
