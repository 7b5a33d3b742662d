// A busy machine is slow, not wrong: what hangs is cut off here, what is slow is not, and three brokers take their time
// to start. (A project's `testTimeout` in jest.config.cjs does not take effect; this does.)
jest.setTimeout(120_000);
