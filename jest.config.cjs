/**
 * `unit` needs nothing but Node and takes less than a minute, `long` (evaluations, fuzz: `*.long.test.ts`) takes longer,
 * `integration` starts real services on loopback, `faults` breaks them. `deploy` needs the tools of `npm run check:deploy`.
 */
const shared = {
  // Of each project: at the top it is not theirs.
  cacheDirectory: '<rootDir>/.cache/jest',
  // Looked up through the sandbox each time otherwise, which is slow.
  sandboxInjectedGlobals: ['Math', 'Number', 'Array', 'Object', 'Float64Array', 'Uint8Array'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
    // Parquet is read and written by ES modules.
    '/node_modules/hyparquet.*\\.js$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'ecmascript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!hyparquet)'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // Its main file is an ES module that does not say so.
    '^adaptivecards$': '<rootDir>/node_modules/adaptivecards/dist/adaptivecards.js',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  watchPathIgnorePatterns: ['<rootDir>/dist/'],
};
module.exports = {
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/scripts/counts.cjs'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/test/integration/', '/test/faults/', '/test/deploy/tools/', '\\.long\\.test\\.ts$'],
      setupFilesAfterEnv: ['<rootDir>/test/limits.cjs'],
    },
    {
      ...shared,
      displayName: 'long',
      testMatch: ['<rootDir>/test/**/*.long.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/limits.cjs'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/limits.cjs'],
    },
    {
      ...shared,
      displayName: 'deploy',
      testMatch: ['<rootDir>/test/deploy/tools/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/limits.cjs'],
    },
    {
      ...shared,
      displayName: 'faults',
      testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/limits.cjs'],
    },
  ],
};
