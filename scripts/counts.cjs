// A jest reporter: leaves the counts of one run, and what failed in it, in the folder that scripts/test.mjs names in
// TOCSIN_TEST_COUNTS.
const { writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { stripVTControlCharacters } = require('node:util');

/** The first lines of a failure, as one. */
const short = (text = '') =>
  stripVTControlCharacters(text).split('\n').slice(0, 8).join(' ').replace(/\s+/g, ' ').slice(0, 400);

module.exports = class Counts {
  onRunComplete(contexts, results) {
    const folder = process.env.TOCSIN_TEST_COUNTS;
    if (!folder) return;
    const failures = results.testResults.flatMap(({ testFilePath, testExecError, testResults }) => {
      const file = relative(process.cwd(), testFilePath);
      const failed = testResults.filter(({ status }) => status === 'failed');
      return [
        ...(testExecError ? [{ file, test: 'the file', why: short(testExecError.message) }] : []),
        ...failed.map(({ fullName, failureMessages }) => ({ file, test: fullName, why: short(failureMessages[0]) })),
      ];
    });
    const counts = {
      passed: results.numPassedTests,
      // A file that cannot be loaded has no tests that fail, and is a failure all the same.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      failures,
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
