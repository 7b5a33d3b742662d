// A busy machine is slow, not wrong: what hangs is cut off here, what is slow is not, and three brokers take their time
// to start. (A project's `testTimeout` in jest.config.cjs does not take effect; this does.)
const fc = require('fast-check');

jest.setTimeout(120_000);
// Properties are tried on the same inputs each time, so that a change is judged by what it changes. `npm run test:fuzz`
// looks for new ones, and so does `TOCSIN_SEED=N npx jest`.
fc.configureGlobal({ seed: Number(process.env.TOCSIN_SEED ?? 1) });
