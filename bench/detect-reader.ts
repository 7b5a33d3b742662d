/**
 * Decides what `detect-fleet.ts` wrote in a process of its own: `detect-reader PATH MODELS STATE` prints its figures as
 * JSON. Records are decoded, go through `detect`, and decisions are encoded and counted, with checkpoints on LevelDB. What
 * comes before the models are promoted is not measured.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openLevelBackend } from '../connectors/leveldb/backend.js';
import { detectDefaults } from '../lab/eval/in-process.js';
import type { WindowsItem } from '../operators/merge.js';
import type { Tracked } from '../records/decided.js';
import { encodeDecision } from '../records/score.js';
import { decodeWindowsRecord } from '../records/windows.js';
import { Pass } from '../runtime/pass.js';
import { TaskState } from '../runtime/state.js';
import { detect } from '../topologies/detect.js';
import { Artefacts } from '../training/artefacts.js';

/** Records of a batch, as a task reads them from its channel. */
const batchRecords = 256;
/** Processor time between checkpoints, ms: about a second. */
const checkpointMs = 1000;

export interface DetectRun {
  readonly windows: number;
  readonly cpuSeconds: number;
  /** Peak resident memory of the process, bytes. */
  readonly peak: number;
  /** Hash over all decisions in their order. */
  readonly decisions: string;
}

function* recordsOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    yield bytes.subarray(start, at);
  }
}

async function run(path: string, models: string, folder: string): Promise<DetectRun> {
  const input = await readFile(path);
  const backend = await openLevelBackend(folder);
  const stores = await TaskState.restore(backend, 'detect/0', 1);
  const artefacts = new Artefacts(models);
  const parts = {
    ...detectDefaults(stores),
    artefacts: { loaded: artefacts.loaded, load: (id: string) => artefacts.load(id) },
    calibration: artefacts.calibration,
  };
  const pass = new Pass<WindowsItem, Tracked>(detect(parts));
  const hash = createHash('sha256');
  let windows = 0;
  let cpu: NodeJS.CpuUsage | undefined;
  let due = performance.now() + checkpointMs;
  let items: WindowsItem[] = [];
  let offset = 0;
  const flush = async (): Promise<void> => {
    const position = { source: 'windows/0', offset };
    for await (const out of pass.run({ items, rejected: [], position }))
      for (const item of out.items) {
        if (item.type !== 'decided') continue;
        hash.update(encodeDecision(item.decision));
        if (cpu) windows++;
      }
    items = [];
    if (performance.now() < due) return;
    await stores.checkpoint(position);
    due = performance.now() + checkpointMs;
  };
  for (const bytes of recordsOf(input)) {
    const record = decodeWindowsRecord(bytes);
    items.push({ offset: offset++, record });
    const isPromotion = record.type === 'promotion';
    if (items.length >= batchRecords || isPromotion) await flush();
    if (isPromotion) cpu = process.cpuUsage();
  }
  await flush();
  await stores.checkpoint({ source: 'windows/0', offset });
  const { user, system } = process.cpuUsage(cpu);
  await backend.close();
  return {
    windows,
    cpuSeconds: (user + system) / 1e6,
    peak: process.resourceUsage().maxRSS * 1024,
    decisions: hash.digest('hex'),
  };
}

const [, , path, models, folder] = process.argv;
if (folder !== undefined) {
  console.log(JSON.stringify(await run(path!, models!, folder)));
  process.exit(0);
}
