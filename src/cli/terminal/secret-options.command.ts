import { Injectable } from '@nestjs/common';
import { Option } from 'nest-commander';
import { UsageError } from './exit-code';
import type { OutputOptions } from './output';
import { generatePassword } from './password';
import { TerminalCommand } from './terminal.command';

export interface SecretOptions extends OutputOptions {
  readonly password?: string;
  readonly passwordStdin?: boolean;
  readonly generatePassword?: boolean;
}

/** The ways to give a command a new password. */
@Injectable()
export abstract class SecretCommand<Options extends SecretOptions> extends TerminalCommand<Options> {
  @Option({ flags: '--password <text>', description: 'the password; others see it in the list of processes' })
  readPassword(text: string): string {
    return text;
  }

  @Option({ flags: '--password-stdin', description: 'read the password from stdin' })
  readPasswordStdin(): boolean {
    return true;
  }

  @Option({ flags: '--generate-password', description: 'make a password of 24 characters and show it once' })
  readGeneratePassword(): boolean {
    return true;
  }

  /** `undefined` when none of the ways was used. */
  protected async givenPassword(options: SecretOptions): Promise<string | undefined> {
    const { password, passwordStdin, generatePassword: generates } = options;
    if ([password !== undefined, passwordStdin === true, generates === true].filter(Boolean).length > 1) {
      throw new UsageError(['only one of --password, --password-stdin and --generate-password can be used']);
    }
    if (generates === true) return generatePassword();
    if (passwordStdin === true) return this.prompt.passwordFromStdin();
    if (password !== undefined && this.terminal.isInteractive) {
      this.terminal.warn('--password can be read by others on this machine; --password-stdin cannot.');
    }
    return password;
  }

  /** A generated password is told once; where results are JSON it is part of the result. */
  protected tellGenerated(options: SecretOptions, password: string): void {
    if (options.generatePassword !== true || this.output.formatOf(options) === 'json') return;
    this.terminal.print(`\nGenerated password: ${password}`);
  }
}
