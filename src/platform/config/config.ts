import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type DynamicModule, Global, Injectable, Module } from '@nestjs/common';
import { parse as parseDotenv } from 'dotenv';
import { takeConfigFlags, unknownFlag } from './flags';
import { parseRedisAddress, type RedisAddress, type Rule } from './rules';
import { type ConfigValues, VARIABLE_ENTRIES, VARIABLES, type VariableName } from './variables';

type Texts = ReadonlyMap<VariableName, string>;
type Values = Partial<Record<VariableName, unknown>>;

/** Gives the class the property types of the table of variables. */
const Snapshot = Object as unknown as new () => ConfigValues;

/** The service's configuration: read once at start, checked, and never changed. Prints and serializes masked. */
@Injectable()
export class Config extends Snapshot {
  readonly #texts: Texts;
  readonly #redis: RedisAddress | undefined;

  constructor(values: ConfigValues, texts: Texts) {
    super();
    Object.assign(this, values);
    this.#texts = texts;
    this.#redis = parseRedisAddress(values.redisAddress);
    Object.freeze(this);
  }

  get redisHost(): string {
    return this.#redis?.host ?? '127.0.0.1';
  }

  get redisPort(): number {
    return this.#redis?.port ?? 6379;
  }

  get redisTls(): boolean {
    return this.#redis?.isTls ?? false;
  }

  /** Every variable by its flag, passwords masked: fit for a log. */
  toJSON(): Record<string, string> {
    const shown = VARIABLE_ENTRIES.map(([name, variable]) => {
      const text = this.#texts.get(name) ?? '';
      return [variable.env.toLowerCase(), variable.mask?.(text) ?? text] as const;
    });
    return Object.fromEntries(shown);
  }

  [inspect.custom](): Record<string, string> {
    return this.toJSON();
  }
}

/** Gives every module the one configuration. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: Config, useValue: config }], exports: [Config] };
  }
}

/** Every problem of the configuration, by name and rule, without a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is invalid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

interface ConfigSources {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Replaces a variable's own default. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** Precedence: flag, environment, `.env`, default. An empty text counts as given, and means the default. */
export function loadConfig({ argv, env, cwd, defaults = {} }: ConfigSources): Config {
  const { flags, rest, problems: flagProblems } = takeConfigFlags(argv);
  const problems = [...flagProblems, ...rest.map((argument) => unknownFlag(argument))];
  const file = readDotenv(cwd, problems);
  const values: Values = {};
  const texts = new Map<VariableName, string>();
  const unset = new Set<VariableName>();
  for (const [name, variable] of VARIABLE_ENTRIES) {
    const asked = flags.get(variable.env) ?? env[variable.env];
    const given = asked ?? file[variable.env] ?? '';
    if (given === '') unset.add(name);
    // A REDIS_ADDRESS from a flag or the environment overrides, by what it names, the other variables of `.env`.
    if (asked === undefined && file['REDIS_ADDRESS'] === undefined) unset.add(name);
    const text = given === '' ? (defaults[variable.env] ?? variable.fallback) : given;
    const value = text === undefined ? undefined : variable.read(text);
    if (text !== undefined) texts.set(name, text);
    if (value === undefined) problems.push(`${variable.env}: ${problemOf(variable, text)}`);
    else values[name] = value;
  }
  problems.push(...takeFromRedisAddress(values, unset), ...contradictions(values as Partial<ConfigValues>));
  if (problems.length > 0) throw new ConfigError(problems);
  return new Config(values as ConfigValues, texts);
}

/** A part of a Redis URL counts like its variable; both may be set when they are equal. */
function takeFromRedisAddress(values: Values, unset: ReadonlySet<VariableName>): string[] {
  const address = typeof values.redisAddress === 'string' ? parseRedisAddress(values.redisAddress) : undefined;
  const named = [
    ['redisUsername', address?.username || undefined],
    ['redisPassword', address?.password || undefined],
    ['redisDatabase', address?.database],
  ] as const;
  const problems: string[] = [];
  for (const [name, value] of named) {
    if (value === undefined) continue;
    if (!unset.has(name) && values[name] !== value) {
      problems.push(`REDIS_ADDRESS: has another value than ${VARIABLES[name].env}`);
    } else values[name] = value;
  }
  if (values.redisUsername && !values.redisPassword) problems.push('REDIS_USERNAME: needs a password beside it');
  return problems;
}

function problemOf(variable: Rule<unknown>, text: string | undefined): string {
  if (text === undefined) return `required, ${variable.rule}`;
  const complaint = variable.complaint?.(text);
  return complaint === undefined ? variable.rule : `${variable.rule}; ${complaint}`;
}

/** Rules over several variables. */
function contradictions(values: Partial<ConfigValues>): string[] {
  return [...missingAmiLogin(values), ...tooSmallPrefetch(values)];
}

function missingAmiLogin(values: Partial<ConfigValues>): string[] {
  if (values.asteriskAmiAddresses === undefined || values.asteriskAmiAddresses.length === 0) return [];
  const needed = [VARIABLES.asteriskAmiUsername, VARIABLES.asteriskAmiPassword] as const;
  const given = [values.asteriskAmiUsername, values.asteriskAmiPassword];
  return needed
    .filter((_, index) => given[index] === '')
    .map(({ env }) => `${env}: required with ASTERISK_AMI_ADDRESSES`);
}

/** Waiting creates hold prefetch, and billing-manager's calls back need the rest of it. */
function tooSmallPrefetch({ rpcConcurrency, createConcurrency, createQueue }: Partial<ConfigValues>): string[] {
  if (rpcConcurrency === undefined || createConcurrency === undefined || createQueue === undefined) return [];
  return rpcConcurrency > createConcurrency + createQueue
    ? []
    : ['RPC_CONCURRENCY: more than CREATE_CONCURRENCY and CREATE_QUEUE together'];
}

/** The one place that reads the process's own arguments and environment. */
export function readProcess(): ConfigSources {
  return { argv: process.argv.slice(2), env: process.env, cwd: process.cwd() };
}

/** The documentation's table of variables. */
export function configTable(): string {
  const rows = Object.values(VARIABLES).map((variable) => {
    const fallback =
      'fallback' in variable ? (variable.fallback === '' ? 'empty' : `\`${variable.fallback}\``) : 'required';
    const cells = [`\`${variable.env}\``, fallback, variable.rule, variable.meaning];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| variable | default | rule | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function readDotenv(cwd: string, problems: string[]): Readonly<Record<string, string | undefined>> {
  try {
    return parseDotenv(readFileSync(join(cwd, '.env')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') problems.push('.env: cannot be read');
    return {};
  }
}
