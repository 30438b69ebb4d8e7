const shared = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2023',
          keepClassNames: true,
        },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
};

const project = (displayName, testMatch, more = {}) => ({ ...shared, displayName, testMatch, ...more });

export default {
  projects: [
    project('unit', ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/unit/**/*.spec.ts']),
    project('architecture', ['<rootDir>/test/architecture.spec.ts', '<rootDir>/test/scripts/**/*.spec.ts']),
    project('integration', ['<rootDir>/test/integration/**/*.spec.ts']),
    project('contract', ['<rootDir>/test/contract/**/*.spec.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts']),
    project('fault', ['<rootDir>/test/fault/**/*.spec.ts']),
    project('cli', ['<rootDir>/test/cli/**/*.spec.ts']),
    project('asterisk', ['<rootDir>/test/asterisk/**/*.spec.ts']),
    project('kamailio', ['<rootDir>/test/kamailio/**/*.spec.ts']),
  ],
  testSequencer: '<rootDir>/test/longest-first.cjs',
  testTimeout: 60_000,
};
