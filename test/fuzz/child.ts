/** Fuzzes targets in a process of their own, and tells how far it is: whoever started it sees an end or a hang. */
import { Random } from '../../lab/simulate/random.js';
import { input } from './mutate.js';
import type { Target } from './target.js';
import { codecTargets } from './targets/codecs.js';
import { bodiesTarget, requestsTarget } from './targets/http.js';
import { lineTargets } from './targets/lines.js';
import { modelsTarget } from './targets/models.js';
import { windowsTarget } from './targets/windows.js';

/** What is told, one JSON line each. */
type Message =
  | { readonly targets: readonly string[] }
  | { readonly target: string; readonly at: number }
  | { readonly target: string; readonly done: number; readonly heap: readonly number[] }
  | { readonly target: string; readonly at: number; readonly failed: string; readonly inputs: readonly string[] };

const tell = (message: Message): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/** Points in a run at which memory is measured. */
const measures = 20;

/** Live memory after a collection, bytes. */
function live(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function fuzz(target: Target, seed: number, from: number, count: number): Promise<boolean> {
  const heap: number[] = [];
  const every = Math.max(target.batch, Math.ceil(count / measures / target.batch) * target.batch);
  for (let at = from; at < from + count; at += target.batch) {
    tell({ target: target.name, at });
    // A batch depends on nothing but seed, target and place: any one can be taken again by itself.
    const random = new Random(seed, `${target.name}/${at}`);
    const inputs = Array.from({ length: target.batch }, () => input(target, random));
    try {
      await target.take(inputs, random);
    } catch (error) {
      const failed = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ target: target.name, at, failed, inputs: inputs.map((bytes) => Buffer.from(bytes).toString('base64')) });
      return false;
    }
    if ((at - from) % every === 0) heap.push(live());
  }
  heap.push(live());
  tell({ target: target.name, done: count, heap });
  return true;
}

/** `child SEED FROM NAME=COUNT...` fuzzes those targets; without arguments it lists them. */
const [seed, from, ...wanted] = process.argv.slice(2);
const targets: readonly Target[] = [
  ...lineTargets(),
  ...(await codecTargets()),
  await windowsTarget(),
  bodiesTarget(),
  await requestsTarget(),
  modelsTarget(),
];
if (seed === undefined) tell({ targets: targets.map(({ name }) => name) });
for (const one of wanted) {
  const [name, count] = one.split('=');
  const target = targets.find((each) => each.name === name);
  if (!target) throw new Error(`no target is called ${name}`);
  if (!(await fuzz(target, Number(seed), Number(from), Number(count)))) process.exitCode = 1;
}
for (const target of targets) await target.close?.();
