/** The architecture as rules (docs/architecture.md says why); `npm run rules` and the tests enforce them. */
const features = [
  'extension',
  'trunk',
  'contact',
  'asterisk',
  'sip-auth',
  'customer',
  'reconcile',
  'clients',
  'diagnosis',
];

/** What each feature may import from other features: only what it truly needs, through exported services. */
const allowed = {
  asterisk: [],
  'sip-auth': [],
  clients: [],
  extension: ['asterisk', 'sip-auth', 'clients', 'contact'],
  trunk: ['sip-auth', 'clients'],
  contact: ['asterisk', 'extension'],
  customer: ['extension', 'trunk'],
  reconcile: features,
  diagnosis: ['asterisk', 'sip-auth', 'extension', 'contact', 'reconcile'],
};

const featureRules = features
  .filter((feature) => feature !== 'reconcile')
  .map((feature) => ({
    name: `${feature}-imports-only-its-neighbours`,
    severity: 'error',
    from: { path: `^src/${feature}/` },
    to: {
      path: `^src/(${features.filter((other) => other !== feature && !allowed[feature].includes(other)).join('|')})/`,
    },
  }));

/** One owner per outside library. */
const owners = [
  ['@golevelup/nestjs-rabbitmq|amqplib|amqp-connection-manager', 'platform/messaging'],
  ['ioredis|cache-manager|cache-manager-ioredis-yet', 'platform/cache'],
  ['prom-client|@willsoto/nestjs-prometheus', 'platform/observability'],
  ['mysql2', 'platform/database'],
  ['dotenv', 'platform/config'],
  ['commander|string-width|csv-parse|csv-stringify', 'cli(/|\\.ts)'],
].map(([library, owner]) => ({
  name: `one-owner-of-${library.split('|')[0].replace(/[^a-z0-9]+/g, '-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(${owner})` },
  to: { path: `(^|node_modules/)(${library})(/|$)` },
}));

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'platform-imports-neither-a-feature-nor-the-command-line',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: `^src/(${[...features, 'cli'].join('|')})/` },
    },
    {
      name: 'a-feature-does-not-import-the-command-line',
      severity: 'error',
      from: { path: `^src/(${features.join('|')})/` },
      to: { path: '^src/cli/' },
    },
    {
      name: 'a-repository-is-its-features-own',
      severity: 'error',
      // src/cli puts the modules together, as the files in the root of src do.
      from: { path: '^src/([^/]+)/', pathNot: '^src/cli/' },
      to: { path: '\\.repository\\.ts$', pathNot: '^src/($1|platform/database)/' },
    },
    {
      name: 'reconcile-uses-services-not-the-entities-of-other-features',
      severity: 'error',
      from: { path: '^src/reconcile/' },
      to: { path: `^src/(${features.join('|')})/.*\\.(entity|row|repository)\\.ts$` },
    },
    {
      name: 'src-imports-no-test',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/|\\.spec\\.ts$' },
    },
    {
      name: 'no-development-dependency-in-production-code',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    ...featureRules,
    ...owners,
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
