import { flagsOf, walkCommands, type CommandNode } from './command-tree';
import { FORMATS } from './output';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const NAME = 'registrar-control';

/** A script that knows every command and flag, so that the shell need not start the program to complete. */
export function completionScript(shell: Shell, program: CommandNode): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program);
}

function wordsAfter(program: CommandNode): [path: string, words: string][] {
  return walkCommands(program).map(({ words, node }) => [
    words.join(' '),
    [...node.commands.map((child) => child.name()), ...argumentsOf(words), ...flagsOf(node)].join(' '),
  ]);
}

function argumentsOf([command]: readonly string[]): readonly string[] {
  return command === 'completion' ? SHELLS : [];
}

/** The flags that a value follows, so that no flag is offered in its place. */
function valueFlags(program: CommandNode): string {
  const options = walkCommands(program).flatMap(({ node }) => node.options);
  const flags = options.flatMap(({ long, required }) => (required && long !== '--format' ? [long ?? ''] : []));
  return [...new Set(flags)].join('|');
}

function commandsOf(program: CommandNode): string {
  return walkCommands(program)
    .flatMap(({ words }) => (words.length > 0 ? [`'${words.join(' ')}'`] : []))
    .join(' | ');
}

function bashScript(program: CommandNode): string {
  const cases = wordsAfter(program).map(([path, words]) => `    '${path}') words='${words}' ;;`);
  return `# bash completion of ${NAME}
_registrar_control() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command='' longer='' words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    longer="\${command:+$command }\${COMP_WORDS[index]}"
    case "$longer" in
    ${commandsOf(program)}) command="$longer" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
    --format) words='${FORMATS.join(' ')}' ;;
    ${valueFlags(program)}) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _registrar_control ${NAME}
`;
}

function zshScript(program: CommandNode): string {
  const cases = wordsAfter(program).map(([path, words]) => `    '${path}') candidates=(${words}) ;;`);
  return `#compdef ${NAME}
# zsh completion of ${NAME}
_registrar_control() {
  local command='' longer='' index
  local -a candidates
  for ((index = 2; index < CURRENT; index++)); do
    longer="\${command:+$command }\${words[index]}"
    case "$longer" in
    ${commandsOf(program)}) command="$longer" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  case "\${words[CURRENT - 1]}" in
    --format) candidates=(${FORMATS.join(' ')}) ;;
    ${valueFlags(program)}) _files; return ;;
  esac
  compadd -- $candidates
}
if [ "$funcstack[1]" = "_registrar_control" ] || [ "$funcstack[1]" = "_${NAME}" ]; then
  _registrar_control "$@"
else
  compdef _registrar_control ${NAME}
fi
`;
}

function fishScript(program: CommandNode): string {
  const lines = walkCommands(program).flatMap(({ words, node }) => {
    const condition = words.length === 0 ? '__fish_use_subcommand' : conditionOf(words, node);
    const commands = node.commands.map((child) => `-f -a ${child.name()} -d ${quoted(child.description())}`);
    const flags = node.options.map(({ long, description, required }) => {
      const value = long === '--format' ? ` -x -a '${FORMATS.join(' ')}'` : required ? ' -r' : '';
      return `-l ${(long ?? '').slice(2)} -d ${quoted(description)}${value}`;
    });
    const shells = argumentsOf(words).map((shell) => `-f -a ${shell}`);
    return [...commands, ...shells, ...flags].map((rest) => `complete -c ${NAME} -n ${quoted(condition)} ${rest}`);
  });
  return [`# fish completion of ${NAME}`, ...lines, ''].join('\n');
}

function conditionOf(words: readonly string[], node: CommandNode): string {
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const children = node.commands.map((child) => child.name());
  return [...seen, ...(children.length > 0 ? [`not __fish_seen_subcommand_from ${children.join(' ')}`] : [])].join(
    '; and ',
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
