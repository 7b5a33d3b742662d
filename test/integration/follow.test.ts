/** A run that follows files: rotation, files that come later, kill -9. Each line is counted once. */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { countedRecords } from './services/counted.js';
import { begin, killWhen, tocsin, whileRunning } from './services/tocsin.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-follow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const logs = join(folder, 'logs');
const state = join(folder, 'state');

let written = 0;
const lines = (count: number): string =>
  Array.from({ length: count }, () => `${new Date().toISOString()} INFO request ${written++} was served\n`).join('');

/** Lines of each source that count. */
async function counted(): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const record of await countedRecords(state))
    if (record.type === 'log')
      counts.set(record.tag.source, (counts.get(record.tag.source) ?? 0) + record.aggregate.lines);
  return counts;
}

const journals = (): string[] => (existsSync(join(state, 'follow')) ? readdirSync(join(state, 'follow')) : []);
const journal = (): string =>
  journals()
    .map((name) => readFileSync(join(state, 'follow', name), 'utf8'))
    .join('');

test('rotation, late files and kill -9: each line counts once', async () => {
  mkdirSync(logs);
  const config = join(folder, 'tocsin.yaml');
  writeFileSync(
    config,
    `sources: [{ type: file, path: '${logs}/*.log*', follow: true }]
channels: { shards: 1 }
state: { dir: ${state} }
http: { port: 0 }
log: { level: info, format: json }
`,
  );
  const [a, b, late] = ['a.log', 'b.log', 'late.log'].map((name) => join(logs, name)) as [string, string, string];
  writeFileSync(a, lines(3000));
  const fd = openSync(b, 'a');
  writeSync(fd, lines(500));
  // What was rotated before it began is not its own.
  writeFileSync(`${b}.1`, 'before\n');

  const first = begin(['run', '--config', config]);
  await whileRunning(first, () => journals().length === 2);
  appendFileSync(a, lines(1000));
  // Renamed: the writer goes on in it, and opens the new file later.
  renameSync(`${b}.1`, `${b}.2`);
  renameSync(b, `${b}.1`);
  writeSync(fd, lines(300));
  await killWhen(first, () => journal().includes('"run"'));
  writeSync(fd, lines(200));
  closeSync(fd);
  writeFileSync(b, lines(100));
  writeFileSync(late, lines(50));
  // Packed while nobody read it.
  writeFileSync(`${b}.1.gz`, gzipSync(readFileSync(`${b}.1`)));
  unlinkSync(`${b}.1`);

  const second = begin(['run', '--config', config]);
  await whileRunning(second, () => journals().length === 3);
  // Copied and cut.
  appendFileSync(a, lines(700));
  copyFileSync(a, `${a}.1`);
  truncateSync(a, 0);
  appendFileSync(a, lines(900));
  await killWhen(second, () => journal().length > 0);
  appendFileSync(late, lines(10));

  const third = begin(['run', '--config', config]);
  const newest = join(logs, 'newest.log');
  await whileRunning(third, () => third.said().includes('"running"'));
  writeFileSync(newest, lines(5));
  await whileRunning(third, () => journals().length === 4);
  third.signal('SIGTERM');
  await third.ended;
  appendFileSync(newest, `${lines(1)}${lines(1).trimEnd()}`);

  await tocsin('run', '--config', config, '--bounded');
  const counts = await counted();
  expect(Object.fromEntries(counts)).toEqual({
    [`file:${a}`]: 5600,
    [`file:${b}`]: 1100,
    [`file:${late}`]: 60,
    [`file:${newest}`]: 7,
  });
}, 120_000);
