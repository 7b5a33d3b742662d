/** The hdfs protocol on a log that is generated here: sound blocks take hours to be deleted, some never are stored. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { evalHdfs } from '../../../lab/eval/hdfs.js';

const blocks = 500;
const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2008, 10, 9, 20);

interface Entry {
  readonly time: number;
  readonly text: string;
}

const stamp = (time: number) => {
  const [date, clock] = new Date(time).toISOString().split('T') as [string, string];
  return `${date.slice(2).replaceAll('-', '')} ${clock.slice(0, 8).replaceAll(':', '')}`;
};

/** Every 80th block is never stored, nor deleted. */
const isBroken = (i: number) => i % 80 === 7;

function life(i: number): Entry[] {
  const id = `blk_${i % 2 === 0 ? '' : '-'}${1_000_000 + i * 7919}`;
  const born = start + i * 1.5 * minute;
  const line = (after: number, message: string) => ({
    time: born + after,
    text: `${stamp(born + after)} ${100 + (i % 50)} INFO ${message}`,
  });
  const opening = [
    line(0, `dfs.DataNode$DataXceiver: Receiving block ${id} src: /10.0.0.${i % 9}:5000 dest: /10.0.0.1:50010`),
    line(1000, `dfs.FSNamesystem: BLOCK* NameSystem.allocateBlock: /user/part-${i}. ${id}`),
  ];
  if (isBroken(i)) return [...opening, line(5000, `dfs.DataNode$DataXceiver: writeBlock ${id} received exception`)];
  return [
    ...opening,
    line(
      (20 + (i % 30)) * 1000,
      `dfs.DataNode$PacketResponder: Received block ${id} of size ${i * 100} from /10.0.0.1`,
    ),
    line((4 + (i % 5)) * hour, `dfs.FSNamesystem: BLOCK* NameSystem.delete: ${id} is added to invalidSet`),
    line((4 + (i % 5)) * hour + minute, `dfs.FSDataset: Deleting block ${id} file /data/${id}`),
  ];
}

/** The log and its labels in a folder `hdfs`; `lie` turns every label round. */
async function written(lie = false): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'eval-hdfs-'));
  await mkdir(join(dir, 'hdfs'));
  const all = Array.from({ length: blocks }, (_, i) => life(i)).flat();
  const lines = all.sort((a, b) => a.time - b.time).map(({ text }) => `${text}\n`);
  await writeFile(join(dir, 'hdfs', 'HDFS.log.gz'), gzipSync(lines.join('')));
  const labels = Array.from({ length: blocks }, (_, i) => {
    const [, id] = /(blk_-?\d+)/.exec(life(i)[0]!.text)!;
    return `${id},${isBroken(i) !== lie ? 'Anomaly' : 'Normal'}\n`;
  });
  await writeFile(join(dir, 'hdfs', 'anomaly_label.csv'), `BlockId,Label\n${labels.join('')}`);
  return dir;
}

it('finds blocks that are broken, and no sound one while it waits to be deleted; no label is read before', async () => {
  const [dir, lies] = [await written(), await written(true)];
  try {
    const { overall, counts, parts } = await evalHdfs(dir, join(dir, 'out'), false);

    expect(counts).toMatchObject({ sessions: 250, anomalous: 3, undecided: 0, rejected: 0 });
    expect(counts.answered).toBeLessThanOrEqual(20);
    expect(overall).toEqual({ precision: 1, recall: 1, f1: 1 });
    expect(parts['with 20 verdicts']).toEqual({ precision: 1, recall: 1, f1: 1 });
    const csv = (folder: string, name: string) => readFile(join(folder, 'out', name), 'utf8');
    const [header, ...rows] = (await csv(dir, 'label-free.csv')).trim().split('\n');
    expect(header).toBe('BlockId,score,p,fired,asked');
    expect(rows).toHaveLength(250);
    expect(rows.filter((row) => row.split(',')[3] === '1')).toHaveLength(3);
    const asked = (await csv(dir, 'verdicts.csv')).split('\n').filter((row) => row.endsWith(',1'));
    expect(asked).toHaveLength(counts.answered!);

    const lied = await evalHdfs(join(lies, 'hdfs'), join(lies, 'out'), false);
    expect(lied.overall.f1).toBe(0);
    expect(await csv(lies, 'label-free.csv')).toBe(await csv(dir, 'label-free.csv'));
    expect(await csv(lies, 'verdicts.csv')).not.toBe(await csv(dir, 'verdicts.csv'));
  } finally {
    for (const folder of [dir, lies]) await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
