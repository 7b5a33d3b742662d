// Starting three brokers on a busy machine takes more than the five seconds that jest allows by default. (A project's
// `testTimeout` in jest.config.cjs does not take effect; this does.)
jest.setTimeout(120_000);
