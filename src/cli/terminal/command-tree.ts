import type { CommandRunner } from 'nest-commander';

/** A command of the parser that nest-commander brings. */
export type CommandNode = Parameters<CommandRunner['setCommand']>[0];

/** A command, the words that lead to it, and what is below it. */
export interface CommandPath {
  readonly words: readonly string[];
  readonly node: CommandNode;
}

/** All commands, each before its own. */
export function walkCommands(node: CommandNode, words: readonly string[] = []): CommandPath[] {
  return [{ words, node }, ...node.commands.flatMap((child) => walkCommands(child, [...words, child.name()]))];
}

/** The long flags of a command, as they are typed. */
export function flagsOf(node: CommandNode): string[] {
  return [...node.options.flatMap(({ long }) => long ?? []), '--help'];
}
