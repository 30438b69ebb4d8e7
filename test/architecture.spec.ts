import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { VARIABLES } from '../src/platform/config/variables';

const ROOT = join(__dirname, '..');

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

function filesUnder(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const sources = filesUnder('src');
const production = sources.filter(({ path }) => !path.endsWith('.spec.ts'));
const tests = filesUnder('test');

/** Paths whose code (comments and texts left out) has an identifier or property access of that text. */
function usersOf(expression: RegExp, files: readonly SourceFile[] = production): string[] {
  return files
    .filter(({ path, text }) => accessesOf(path, text).some((access) => expression.test(access)))
    .map(({ path }) => path);
}

const accesses = new Map<string, string[]>();

function accessesOf(path: string, text: string): string[] {
  const known = accesses.get(path);
  if (known) return known;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) found.push(node.getText(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  accesses.set(path, found);
  return found;
}

function codeLines(text: string): number {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return withoutComments.split('\n').filter((line) => line.trim() !== '').length;
}

interface Sized {
  readonly name: string;
  readonly lines: number;
}

/** Every function with a body, by the lines of that body. */
function functionsOf({ path, text }: SourceFile): Sized[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Sized[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const { name, body } = node as { name?: ts.Node; body?: ts.Node };
      if (body !== undefined) {
        found.push({
          name: `${path} ${name?.getText(file) ?? 'an arrow function'}`,
          lines: codeLines(body.getText(file)),
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('the architecture', () => {
  it('has no import that its rules forbid', () => {
    const result = spawnSync(
      'npx',
      ['depcruise', 'src', 'test', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );
    expect(result.stdout).toContain('no dependency violations found');
    expect(result.status).toBe(0);
  }, 120_000);

  it('has files that can be read at a sitting', () => {
    const long = production.filter(({ text }) => codeLines(text) >= 200).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('has functions that can be seen at once', () => {
    const long = production.flatMap(functionsOf).filter(({ lines }) => lines > 40);
    expect(long).toEqual([]);
  });

  it('has constructors that can be read at once', () => {
    const long = production.flatMap(({ path, text }) => {
      const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
      const found: string[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isConstructorDeclaration(node) && node.parameters.length > 6) found.push(path);
        ts.forEachChild(node, visit);
      };
      visit(file);
      return found;
    });
    expect(long).toEqual([]);
  });

  it('has names of the field, not of the workshop', () => {
    const WORKSHOP = /(^|[./-])(utils?|common|helpers?|base|impl|manager|misc|shared)([./-]|$)/i;
    expect([...sources, ...tests].map(({ path }) => path).filter((path) => WORKSHOP.test(path))).toEqual([]);
    const CLASS =
      /^(?:export )?(?:abstract )?(?:class|interface|type)\s+(\w*(?:Utils?|Helpers?|Impl|Manager|Base)\b)/gm;
    const named = sources.flatMap(({ path, text }) =>
      [...text.matchAll(CLASS)].map((match) => `${path} ${match[1] ?? ''}`),
    );
    expect(named).toEqual([]);
  });

  it('has files named after what they hold and the part it plays', () => {
    const strange = sources
      .map(({ path }) => basename(path))
      .filter((name) => !/^[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/.test(name));
    expect(strange).toEqual([]);
  });

  it('has controllers that only pass on', () => {
    const controllers = production.filter(({ path }) => /^src\/[^/]+\/[^/]+\.controller\.ts$/.test(path));
    expect(controllers.length).toBeGreaterThanOrEqual(3);
    const methods = controllers
      .flatMap(functionsOf)
      .filter(({ name }) => !name.endsWith('constructor') && !name.endsWith('an arrow function'));
    expect(methods.length).toBeGreaterThanOrEqual(17);
    // The braces and one statement.
    expect(methods.filter(({ lines }) => lines > 3)).toEqual([]);
    for (const { text } of controllers) expect(text).not.toMatch(/\b(?:if|for|while|switch|await|try)\b\s*[({]/);
  });
});

describe('the single owner', () => {
  it('of the environment is config', () => {
    expect(usersOf(/^process\.env\b/).filter((path) => !path.startsWith('src/platform/config/'))).toEqual([]);
    expect(usersOf(/^process\.env\b/)).not.toEqual([]);
  });

  it('of the console is the command line', () => {
    const owners = /^src\/(cli\.ts$|cli\/)/;
    expect(usersOf(/^console\b/).filter((path) => !owners.test(path))).toEqual([]);
    expect(usersOf(/^process\.(stdout|stderr|stdin)\b/).filter((path) => !owners.test(path))).toEqual([]);
  });

  it('of the end of the process is an entry', () => {
    const owners = /^src\/(main|cli)\.ts$|^src\/cli\/terminal\//;
    expect(usersOf(/^process\.(exit|kill|abort)\b/).filter((path) => !owners.test(path))).toEqual([]);
  });
});

describe('the package', () => {
  /** Without the name of another package: "npm:name@1.2.3" is version 1.2.3 of it. */
  const versionOf = (pinned: string): string => pinned.replace(/^npm:.+@/, '');
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies' | 'overrides',
    Record<string, string>
  >;

  it.each(['dependencies', 'devDependencies', 'overrides'] as const)('pins its %s exactly', (kind) => {
    const loose = Object.entries(manifest[kind]).filter(
      ([, pinned]) => !/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?$/.test(versionOf(pinned)),
    );
    expect(loose).toEqual([]);
  });

  it('locks what it pins', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string } | undefined>;
    };
    const pinned = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    const differing = pinned.filter(
      ([name, version]) => lock.packages[`node_modules/${name}`]?.version !== versionOf(version),
    );
    expect(differing).toEqual([]);
  });

  it('uses every library that it ships with', () => {
    const NEEDED_BY_OTHERS = new Set([
      '@nestjs/platform-express',
      'reflect-metadata',
      'pino-http',
      'rxjs',
      'mysql2',
      'amqp-connection-manager',
      'prom-client',
    ]);
    const all = production.map(({ text }) => text).join('\n');
    const unused = Object.keys(manifest.dependencies).filter(
      (name) => !NEEDED_BY_OTHERS.has(name) && !all.includes(`'${name}'`) && !all.includes(`'${name}/`),
    );
    expect(unused).toEqual([]);
  });
});

describe('the documentation', () => {
  it('names every variable', () => {
    const text = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
    const missing = Object.values(VARIABLES)
      .map(({ env }) => env)
      .filter((env) => !text.includes(`\`${env}\``));
    expect(missing).toEqual([]);
  });
});
