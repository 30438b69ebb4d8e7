import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command as Parser, CommanderError } from 'commander';
import { nearestFlag, takeConfigFlags } from '../platform/config/flags';
import { VARIABLE_ENTRIES, flagOf as flagOfVariable } from '../platform/config/variables';
import { type Command, PROGRAM } from './command';
import { COMMANDS } from './commands';
import { flagOf, type Values } from './options';
import { CommandError, EXIT, UsageError } from './terminal/exit-code';
import type { OutputOptions } from './terminal/output';

const CONFIG_FLAGS = VARIABLE_ENTRIES.map(([, variable]) => flagOfVariable(variable).replaceAll('_', '-'));
const HELP_CODES = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/** A parsed command line. */
export interface Call {
  readonly command: Command;
  readonly options: Values<Command['options']> & OutputOptions;
  readonly argument: string | undefined;
  /** The configuration given by flags. */
  readonly configFlags: ReadonlyMap<string, string>;
}

/**
 * Reads a command line. Throws a {@link UsageError} or {@link CommandError} for a wrong use. After showing the help or
 * the version, throws a {@link CommandError} without lines.
 */
export function parse(argv: readonly string[]): Call {
  const { flags: configFlags, rest, problems } = takeConfigFlags(argv);
  if (problems.length > 0) throw new UsageError(problems);
  let call: Call | undefined;
  const program = createParser((command, options, argument) => {
    if (options.format === 'csv' && command.takesCsv !== true) throw new UsageError(['--format csv is for lists']);
    call = { command, options, argument, configFlags };
  });
  try {
    program.parse(spell(rest, program), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const isShown = HELP_CODES.includes(error.code);
    throw new CommandError(isShown ? '' : error.message.replace(/^error: /, ''), exitCode);
  }
  if (call === undefined) throw new Error('the parser has called no command');
  return call;
}

type OnCall = (command: Command, options: Call['options'], argument: string | undefined) => void;

function createParser(onCall: OnCall): Parser {
  const parsers = new Map<string, Parser>();
  for (const command of COMMANDS) {
    const words = command.words.split(' ');
    const parser = parsers.get(words.slice(0, -1).join(' '))?.command(words.at(-1) ?? '') ?? new Parser(PROGRAM);
    parsers.set(command.words, describe(parser, command));
    if (command.argument !== undefined) parser.argument(command.argument.usage, command.argument.help);
    for (const option of Object.values(command.options)) {
      parser.option(option.flags, option.help, (text: string) => option.read(text, flagOf(option)));
    }
    if (command.run === undefined) continue;
    parser.action((...given: unknown[]) => {
      const argument = command.argument === undefined ? undefined : (given[0] as string | undefined);
      onCall(command, parser.opts(), argument);
    });
  }
  const program = parsers.get('') ?? new Parser();
  return program.version(version());
}

function describe(parser: Parser, { description, notes = '', examples }: Command): Parser {
  return (
    parser
      .description(description)
      .addHelpText('after', [notes, 'Examples:', ...examples.map((example) => `  $ ${example}`)].join('\n'))
      // Throws instead of exiting, which would cut off output.
      .exitOverride()
      .configureOutput({ outputError: () => undefined })
      // `parked replay 5` must fail, not replay all events.
      .allowExcessArguments(false)
  );
}

/** The version in package.json, which is two folders above the built file. */
function version(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Follows the command words and turns `--customer_id` into `--customer-id`. Values stay unchanged. */
function spell(argv: readonly string[], program: Parser): string[] {
  const spelt: string[] = [];
  let parser = program;
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') return [...spelt, ...argv.slice(index)];
    const [, typed, inline = ''] = /^--([A-Za-z][A-Za-z0-9_-]*)(=[\s\S]*)?$/.exec(argument) ?? [];
    if (typed === undefined) {
      if (argument.startsWith('-') && argument.length > 1 && argument !== '-h' && argument !== '-V') {
        throw new UsageError([`${argument.slice(0, 2)} is no flag; flags are written with two hyphens`]);
      }
      parser = follow(parser, argument);
      spelt.push(argument);
      continue;
    }
    const flag = `--${typed.replaceAll('_', '-').toLowerCase()}`;
    const hasValue = takesValue(parser, flag);
    if (!hasValue && inline !== '') throw new UsageError([`${flag} takes no value`]);
    spelt.push(flag + inline);
    if (hasValue && inline === '') {
      const value = argv[++index];
      if (value === undefined) throw new UsageError([`${flag} needs a value`]);
      spelt.push(value);
    }
  }
  return spelt;
}

function follow(parser: Parser, word: string): Parser {
  if (parser.commands.length === 0 || word === 'help') return parser;
  const names = parser.commands.map((command) => command.name());
  const next = parser.commands[names.indexOf(word)];
  if (next !== undefined) return next;
  const nearest = nearestFlag(word, names);
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  throw new UsageError([`${parser.name()} has no such command.${hint} It has: ${names.join(', ')}.`]);
}

/** True when the flag takes a value. Throws a {@link UsageError} with the nearest name for an unknown flag. */
function takesValue(parser: Parser, flag: string): boolean {
  if (flag === '--help') return false;
  const found = parser.options.find(({ long }) => long === flag);
  if (found !== undefined) return found.required;
  const known = parser.options.map(({ long }) => long?.slice(2) ?? '');
  const nearest = nearestFlag(flag.slice(2), [...known, 'help', ...CONFIG_FLAGS]);
  throw new UsageError([`${flag} is unknown${nearest === undefined ? '' : `, did you mean --${nearest}?`}`]);
}
