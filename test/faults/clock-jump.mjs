// Loaded into a tocsin before it starts (node --import): its wall clock jumps by an hour, forward and back, as CLOCK_JUMPS
// says: `MS:HOURS` by commas, so many ms after the start so many hours away from what is right. Timers run on, as they do
// on a machine whose clock is set.
import { performance } from 'node:perf_hooks';

const jumps = process.env.CLOCK_JUMPS.split(',').map((jump) => jump.split(':').map(Number));
const { now } = Date;
const begin = performance.now();
const OriginalDate = Date;

const offset = () => {
  const passed = performance.now() - begin;
  const last = jumps.findLast(([ms]) => ms <= passed);
  return last === undefined ? 0 : last[1] * 3_600_000;
};
const jumped = () => now() + offset();

globalThis.Date = new Proxy(OriginalDate, {
  construct: (target, args, caller) => Reflect.construct(target, args.length === 0 ? [jumped()] : args, caller),
  apply: () => new OriginalDate(jumped()).toString(),
  get: (target, name) => (name === 'now' ? jumped : Reflect.get(target, name)),
});
