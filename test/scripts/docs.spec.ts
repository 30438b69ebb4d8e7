import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { parseAllDocuments } from 'yaml';
import { configTable } from '../../src/platform/config/config';
import { VARIABLES } from '../../src/platform/config/variables';
import {
  METRICS,
  metricsTable,
  type MetricDefinition,
} from '../../src/platform/observability/metrics/metric.definitions';
import { root } from './run';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function filesBelow(folder: string, ending: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return entries.filter((entry) => entry.endsWith(ending)).map((entry) => join(folder, entry));
}

const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...filesBelow('docs', '.md')];

/** Code blocks quote output: what they name need not exist. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');

/** As the usual renderers make them: lower case, blanks to hyphens, all else dropped. */
function anchorsOf(path: string): Set<string> {
  const headings = [...prose(read(path)).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, title]) => title ?? '');
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function hasTarget(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || anchorsOf(file).has(anchor);
}

describe('the tables from the code', () => {
  it.each([
    ['docs/configuration.md', 'config', configTable],
    ['docs/metrics.md', 'metrics', metricsTable],
  ])('%s is current ("node scripts/docs-tables.mjs --write" renews it)', (path, name, table) => {
    const place = new RegExp(`<!-- ${name}-table -->\\n+([\\s\\S]*?)\\n+<!-- /${name}-table -->`);
    const found = place.exec(read(path))?.[1] ?? '';
    const cells = (text: string): string[] => text.split('\n').map((row) => row.replace(/ *\| */g, '|'));
    // The formatter widens columns; what stands in them counts.
    const rows = (text: string): string[] => cells(text).filter((row) => !/^[|:-]+$/.test(row));
    expect(rows(found)).toEqual(rows(table()));
  });
});

describe('docs/api.md and the README', () => {
  const sources = filesBelow('src', '.ts').filter((path) => !path.endsWith('.spec.ts'));
  const code = sources.map(read).join('\n');

  it('have the routes that the controllers declare', () => {
    const declared = [...code.matchAll(/@RpcRoute\('(\w+)',\s*'([^']+)'/g)].map(([, method, uri = '']) => {
      return `${method} ${uri.replace('...>', '>')}`;
    });
    const inApi = [...read('docs/api.md').matchAll(/^### `(\w+ [^`]+)`/gm)].map(([, route]) => route);
    const inReadme = [...read('README.md').matchAll(/^\| `([A-Z]+ [^`?]+)[^`]*` /gm)].map(([, route]) => route);
    expect(declared.length).toBeGreaterThan(10);
    expect(inApi.sort()).toEqual(declared.sort());
    expect(inReadme.sort()).toEqual(declared);
  });

  it('name every reason of an error', () => {
    const made = [...code.matchAll(/(?:new ServiceError|super)\(\s*'[A-Z_]+',\s*'([A-Z_]+)'/g)].map(
      ([, reason]) => reason,
    );
    const named = new Set([...read('docs/api.md').matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, reason]) => reason));
    expect(made.length).toBeGreaterThan(6);
    expect(made.filter((reason) => !named.has(reason))).toEqual([]);
  });
});

it('docs/architecture.md holds every row that "npm run measure" makes', () => {
  const table = /<!-- measured -->([\s\S]*?)<!-- \/measured -->/.exec(read('docs/architecture.md'))?.[1] ?? '';
  const rows = [...table.matchAll(/^\| (.+?) +\|.*\| (.+?) +\| (.+?) +\|$/gm)].map(([, what]) => what).slice(2);
  const made = [...read('scripts/measure-house.mjs').matchAll(/^ {4,}(?:\[)?(['"])(.*?)\1,/gm)].map(
    ([, , what]) => what,
  );
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter((what) => !made.includes(what))).toEqual([]);
});

it('README.md is short', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

describe.each(documents)('%s', (path) => {
  const text = prose(read(path));

  it('links only to what is there', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
    const inside = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(inside.filter((target) => !hasTarget(path, target))).toEqual([]);
  });

  it('names only files that are there', () => {
    const names = [...text.matchAll(/`([\w@.-]+(?:\/[\w@.-]+)*\/?)`/g)].map(([, name]) => name ?? '');
    const isPath = (name: string): boolean =>
      /^(src|test|docs|deploy|scripts|bench|\.ci)\//.test(name) || /^[\w.-]+\.(md|mjs|cjs|json)$/.test(name);
    expect(names.filter(isPath).filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });

  it('names only npm scripts and variables that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const asked = [...text.matchAll(/`npm run ([\w:-]+)/g)].map(([, script]) => script ?? '');
    expect(asked.filter((script) => !(script in scripts))).toEqual([]);
    const known = new Set<string>(Object.values(VARIABLES).map(({ env }) => env));
    const families = /^(DATABASE|RABBITMQ|REDIS|PROMETHEUS|DOMAIN_NAME|RECONCILE|OUTBOX|CREATE|RPC|EVENT|SHUTDOWN)_/;
    const named = [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => families.test(name) && !known.has(name))).toEqual([]);
  });
});

const definitions = new Map<string, MetricDefinition>();
for (const definition of Object.values<MetricDefinition>(METRICS)) {
  const ends = definition.kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  for (const end of ends) definitions.set(`${definition.name}${end}`, definition);
}

function defaultMetrics(): Set<string> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  return new Set(register.getMetricsAsArray().map(({ name }) => name));
}

const KEYWORDS = new Set(
  'and or unless by without on ignoring group_left group_right offset bool absent abs rate increase sum max min avg count time vector histogram_quantile'.split(
    ' ',
  ),
);
/** What a scrape adds to every series. */
const TARGET_LABELS = ['le', 'job', 'instance', 'namespace', 'pod'];

interface Parsed {
  readonly metrics: string[];
  readonly labels: string[];
}

/** Names in an expression: what is neither a label, nor a text, a duration or a word of the language, is a metric. */
function parseExpression(expression: string): Parsed {
  const labels: string[] = [];
  const rest = expression
    .replace(/"[^"]*"/g, '""')
    .replace(/\{([^}]*)\}/g, (_, matchers: string) => {
      labels.push(...[...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label ?? ''));
      return '';
    })
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_, list: string) => {
      labels.push(...list.split(/[\s,]+/).filter(Boolean));
      return '';
    })
    .replace(/\[[^\]]*\]|\boffset\s+\w+|\b\d[\w.]*/g, ' ');
  const words = [...rest.matchAll(/[A-Za-z_:][\w:]*/g)].map(([word]) => word);
  return { metrics: words.filter((word) => !KEYWORDS.has(word)), labels };
}

function problemsOf(expression: string): string[] {
  const { metrics, labels } = parseExpression(expression);
  const known = defaultMetrics();
  const unknown = metrics.filter((name) => !definitions.has(name) && !known.has(name));
  const allowed = new Set([...TARGET_LABELS, ...metrics.flatMap((name) => definitions.get(name)?.labels ?? [])]);
  return [
    ...(metrics.length === 0 ? ['no metric at all'] : []),
    ...unknown.map((name) => `no metric ${name}`),
    ...labels.filter((label) => !allowed.has(label)).map((label) => `no label ${label}`),
  ];
}

describe('an expression', () => {
  it('is taken apart', () => {
    expect(
      parseExpression(
        'histogram_quantile(0.9, sum by (le, type) (rate(a_bucket{b=~"c d"}[5m]))) - time() > 1e3 offset 1h',
      ),
    ).toEqual({ metrics: ['a_bucket'], labels: ['b', 'le', 'type'] });
  });

  it('with a wrong metric or label is found', () => {
    expect(problemsOf('sum by (colour) (rate(registrar_manager_notify_totl[5m]))')).toEqual([
      'no metric registrar_manager_notify_totl',
      'no label colour',
    ]);
  });
});

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

function yamlDocuments(path: string): unknown[] {
  return parseAllDocuments(read(path), { strict: true, uniqueKeys: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join(', ')}`);
    return document.toJS() as unknown;
  });
}

const [ruleFile] = yamlDocuments('deploy/prometheus/registrar-manager.rules.yaml') as [{ groups: { rules: Rule[] }[] }];
const rules = ruleFile.groups.flatMap((group) => group.rules);

describe.each(rules.map((rule) => [rule.alert, rule] as const))('alert %s', (_, rule) => {
  it('asks for metrics that exist', () => {
    expect(problemsOf(rule.expr)).toEqual([]);
  });

  it('has a summary, a severity and a section of the runbook', () => {
    expect(rule.annotations.summary).not.toBe('');
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    expect(hasTarget('README.md', rule.annotations.runbook)).toBe(true);
  });
});

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(read('deploy/grafana/registrar-manager.json')) as { panels: Panel[] };

describe('the dashboard', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it.each(panels.map((panel) => [panel.title, panel] as const))('shows metrics that exist: %s', (_, panel) => {
    const expressions = (panel.targets ?? []).map(({ expr }) => expr);
    expect(expressions.length).toBeGreaterThan(0);
    expect(expressions.flatMap((expression) => problemsOf(expression))).toEqual([]);
  });

  it('shows every metric of ours', () => {
    const shown = new Set(
      panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => parseExpression(expr).metrics)),
    );
    const bare = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
    const missing = Object.values<MetricDefinition>(METRICS).filter(
      ({ name }) => ![...shown].some((metric) => metric === name || bare(metric) === name),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

/** Every `name`/`value` pair of every container, and what a config map would put into the environment. */
function variablesIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => variablesIn(item));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'env' ? (value as { name: string }[]).map(({ name }) => name) : variablesIn(value),
  );
}

describe.each(filesBelow('deploy', '.yaml'))('%s', (path) => {
  it('is YAML', () => {
    expect(yamlDocuments(path).length).toBeGreaterThan(0);
  });

  it('sets only variables that exist', () => {
    const known = new Set<string>(Object.values(VARIABLES).map(({ env }) => env));
    expect(variablesIn(yamlDocuments(path)).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('the manifests', () => {
  const text = read('deploy/kubernetes/base/deployment.yaml');
  const [deployment] = yamlDocuments('deploy/kubernetes/base/deployment.yaml') as [
    { spec: { template: { spec: { containers: Record<string, unknown>[]; terminationGracePeriodSeconds: number } } } },
  ];
  const [container] = deployment.spec.template.spec.containers;

  it('set every variable without a default', () => {
    const required = Object.values(VARIABLES).filter((variable) => !('fallback' in variable));
    const set = variablesIn(container);
    expect(required.map(({ env }) => env).filter((env) => !set.includes(env))).toEqual([]);
  });

  it('ask the health pages that are served', () => {
    const served = read('src/platform/observability/health/health.controller.ts');
    const asked = [...text.matchAll(/path: \/health\/(\w+)/g)].map(([, page]) => page ?? '');
    expect(asked).toEqual(['startup', 'live', 'ready']);
    for (const page of asked) expect(served).toContain(`'${page}'`);
  });

  it('give a shutdown more time than it takes', () => {
    const [, seconds] = /name: SHUTDOWN_TIMEOUT_SECONDS\s+value: '(\d+)'/.exec(text) ?? [];
    const grace = deployment.spec.template.spec.terminationGracePeriodSeconds;
    expect(grace).toBeGreaterThan(Number(seconds) + 3);
  });

  it('are all named by a kustomization', () => {
    const named = filesBelow('deploy/kubernetes', 'kustomization.yaml').flatMap((path) => {
      const [{ resources = [], patches = [] }] = yamlDocuments(path) as [
        { resources?: string[]; patches?: { path: string }[] },
      ];
      return [...resources, ...patches.map((patch) => patch.path)].map((file) => normalize(join(dirname(path), file)));
    });
    const files = filesBelow('deploy/kubernetes', '.yaml').filter((path) => !path.endsWith('kustomization.yaml'));
    expect(files.filter((path) => !named.includes(relative('', path)))).toEqual([]);
  });
});
