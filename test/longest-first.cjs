'use strict';
// Jest's sequencer: the long suites first, so that none of them is alone at the end of a run. Suites that mostly wait
// stand beside those that mostly compute.

const LONGEST = [
  'e2e/memory',
  'asterisk/many-phones',
  'fault/crash',
  'cli/files',
  'fault/event-outage',
  'cli/operations',
  'fault/chaos',
  'cli/trunk-and-contact',
  'e2e/unreachable-reasons',
  'cli/extension',
  'cli/diagnose',
  'fault/redis',
  'cli/terminal',
  'fault/tables',
  'contract/recordings',
  'fault/writes',
  'cli/outage-and-secrets',
  'fault/sql-modes',
  'cli/start',
  'fault/broker-outage',
  'fault/shutdown',
  'fault/broker',
  'scripts/stack',
  'fault/databases',
].map((name) => `/test/${name}.spec.ts`);
const PROJECTS = ['asterisk', 'kamailio', 'fault', 'cli', 'e2e', 'integration', 'contract', 'architecture', 'unit'];

/** The smaller, the earlier. */
function rank({ path, context }) {
  const place = LONGEST.findIndex((name) => path.endsWith(name));
  return place >= 0 ? place : LONGEST.length + PROJECTS.indexOf(context.config.displayName?.name);
}

module.exports = class LongestFirst {
  sort(tests) {
    return [...tests].sort((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
};
