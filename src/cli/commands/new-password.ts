import type { PASSWORD, Values } from '../options';
import type { Session } from '../session';
import { UsageError } from '../terminal/exit-code';
import { generatePassword } from '../terminal/password';

type Given = Values<typeof PASSWORD>;

/** The new password; `undefined` when no flag gives one. */
export async function readNewPassword({ prompt, terminal }: Session, given: Given): Promise<string | undefined> {
  if ([given.password, given.passwordStdin, given.generatePassword].filter((way) => way !== undefined).length > 1) {
    throw new UsageError(['only one of --password, --password-stdin and --generate-password can be used']);
  }
  if (given.generatePassword === true) return generatePassword();
  if (given.passwordStdin === true) return prompt.passwordFromStdin();
  if (given.password !== undefined && terminal.isInteractive) {
    terminal.warn('other users of this machine can read a password given by --password; use --password-stdin.');
  }
  return given.password;
}

/** Prints a generated password; in JSON it is part of the result. */
export function tellGenerated({ terminal, output }: Session, given: Given, password: string | undefined): void {
  if (given.generatePassword !== true || output.format === 'json') return;
  terminal.print(`\nGenerated password: ${password ?? ''}`);
}
