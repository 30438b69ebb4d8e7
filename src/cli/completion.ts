import { type Command, PROGRAM } from './command';
import { flagOf, takesValue } from './options';
import { FORMATS } from './terminal/output';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** A script with every command and flag: completion does not start the program. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

function childrenOf({ words }: Command, commands: readonly Command[]): { name: string; description: string }[] {
  const prefix = words === '' ? '' : `${words} `;
  return commands
    .filter((one) => one.words !== '' && one.words.startsWith(prefix) && one.words !== words)
    .map((one) => ({ name: one.words.slice(prefix.length), description: one.description }))
    .filter(({ name }) => !name.includes(' '));
}

/** The words that can follow a command. */
function candidatesOf(command: Command, commands: readonly Command[]): string {
  return [
    ...childrenOf(command, commands).map(({ name }) => name),
    ...argumentsOf(command),
    ...(command.words === '' ? ['--version'] : []),
    ...Object.values(command.options).map(flagOf),
    '--help',
  ].join(' ');
}

function argumentsOf({ words }: Command): readonly string[] {
  return words === 'completion' ? SHELLS : [];
}

/** The flags that take a value: no flag is offered after them. */
function valueFlags(commands: readonly Command[]): string {
  const options = commands.flatMap((command) => Object.values(command.options)).filter(takesValue);
  return [...new Set(options.map(flagOf).filter((flag) => flag !== '--format'))].join('|');
}

function patternOf(commands: readonly Command[]): string {
  return commands.flatMap(({ words }) => (words === '' ? [] : [`'${words}'`])).join(' | ');
}

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((one) => `    '${one.words}') words='${candidatesOf(one, commands)}' ;;`);
  return `# bash completion of ${PROGRAM}
_registrar_control() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command='' longer='' words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    longer="\${command:+$command }\${COMP_WORDS[index]}"
    case "$longer" in
    ${patternOf(commands)}) command="$longer" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
    --format) words='${FORMATS.join(' ')}' ;;
    ${valueFlags(commands)}) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _registrar_control ${PROGRAM}
`;
}

function zshScript(commands: readonly Command[]): string {
  const cases = commands.map((one) => `    '${one.words}') candidates=(${candidatesOf(one, commands)}) ;;`);
  return `#compdef ${PROGRAM}
# zsh completion of ${PROGRAM}
_registrar_control() {
  local command='' longer='' index
  local -a candidates
  for ((index = 2; index < CURRENT; index++)); do
    longer="\${command:+$command }\${words[index]}"
    case "$longer" in
    ${patternOf(commands)}) command="$longer" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  case "\${words[CURRENT - 1]}" in
    --format) candidates=(${FORMATS.join(' ')}) ;;
    ${valueFlags(commands)}) _files; return ;;
  esac
  compadd -- $candidates
}
if [ "$funcstack[1]" = "_registrar_control" ] || [ "$funcstack[1]" = "_${PROGRAM}" ]; then
  _registrar_control "$@"
else
  compdef _registrar_control ${PROGRAM}
fi
`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => {
    const children = childrenOf(command, commands);
    const seen = command.words.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    const unseen = `not __fish_seen_subcommand_from ${children.map(({ name }) => name).join(' ')}`;
    const condition =
      command.words === ''
        ? '__fish_use_subcommand'
        : [...seen, ...(children.length > 0 ? [unseen] : [])].join('; and ');
    const flags = Object.values(command.options).map((option) => {
      const flag = flagOf(option);
      const value = flag === '--format' ? ` -x -a '${FORMATS.join(' ')}'` : takesValue(option) ? ' -r' : '';
      return `-l ${flag.slice(2)} -d ${quoted(option.help)}${value}`;
    });
    return [
      ...children.map(({ name, description }) => `-f -a ${name} -d ${quoted(description)}`),
      ...argumentsOf(command).map((shell) => `-f -a ${shell}`),
      ...(command.words === '' ? ["-l version -d 'output the version number'"] : []),
      ...flags,
    ].map((rest) => `complete -c ${PROGRAM} -n ${quoted(condition)} ${rest}`);
  });
  return [`# fish completion of ${PROGRAM}`, ...lines, ''].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
