'use strict';
// Writes the counts of a run and its failed tests to the file JEST_SUMMARY_FILE.
const { writeFileSync } = require('node:fs');

module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failures = results.testResults.flatMap(({ testFilePath, testExecError, testResults }) => [
      ...(testExecError ? [{ file: testFilePath, test: '(the file itself did not run)' }] : []),
      ...testResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => ({ file: testFilePath, test: fullName })),
    ]);
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      interrupted: results.wasInterrupted,
      failures,
    };
    writeFileSync(process.env.JEST_SUMMARY_FILE, JSON.stringify(summary));
  }
};
