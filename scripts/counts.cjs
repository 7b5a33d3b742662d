// A jest reporter: leaves the counts of one run in the folder that scripts/test.mjs names in TOCSIN_TEST_COUNTS.
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

module.exports = class Counts {
  onRunComplete(contexts, results) {
    const folder = process.env.TOCSIN_TEST_COUNTS;
    if (!folder) return;
    const counts = {
      passed: results.numPassedTests,
      // A file that cannot be loaded has no tests that fail, and is a failure all the same.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    const project = [...contexts].map(({ config }) => config.displayName?.name).at(0) ?? 'none';
    writeFileSync(join(folder, `${project}.json`), JSON.stringify(counts));
    // What a test left open keeps this process alive; it is told, and the process ends all the same.
    setTimeout(() => {
      console.warn(`${project}: still open after all tests: ${process.getActiveResourcesInfo().join(', ')}`);
      process.exit(results.success ? 0 : 1);
    }, 20_000).unref();
  }
};
