/** A followed file through rotation: each line once, in order, whatever happens to its name, its bytes and its reader. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
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
import fc from 'fast-check';
import { FollowJournal } from '../../../connectors/file/follow/journal.js';
import { headsBeside, isRotatedName, rotatedNames } from '../../../connectors/file/follow/rotated.js';
import { followSource, type FollowOptions } from '../../../connectors/file/follow/source.js';
import { ReaderClock } from '../../../connectors/reader-clock.js';
import type { Batch, Position } from '../../../records/batch.js';
import type { SourceItem } from '../../../records/raw.js';

const root = mkdtempSync(join(tmpdir(), 'tocsin-follow-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

/** A followed file, its writer, which keeps it open, and its reader, which may be killed at any place. */
class Scene {
  readonly folder = join(root, String(folders++));
  readonly path = join(this.folder, 'app.log');
  /** What was written, a text for each content. */
  readonly contents: string[][] = [];
  readonly warnings: string[] = [];
  readonly controls: string[] = [];
  /** Lines by their offset: what is read again must be the same. */
  readonly lines = new Map<number, string>();
  private positions: (Position | undefined)[] = [undefined];
  private fd: number | undefined;
  private written = 0;
  private half = '';
  private batches: AsyncIterator<Batch<SourceItem>> | undefined;
  private stop = new AbortController();

  constructor(private options: Partial<FollowOptions> = {}) {
    mkdirSync(this.folder);
    this.reopen();
  }

  append(lines: number): void {
    for (let i = 0; i < lines; i++) this.write(`${this.line()}\n`);
  }

  /** Half a line, or the rest of one. */
  writeHalf(): void {
    if (this.half) this.write('\n');
    else {
      this.half = this.line();
      const text = this.half;
      this.half = '';
      this.write(text);
      this.half = text;
    }
  }

  private line(): string {
    return `2026-11-30T10:00:00Z ${this.written++} was written`;
  }

  private write(text: string): void {
    const whole = this.half && text !== '\n' ? `\n${text}` : text;
    this.half = '';
    writeSync(this.fd!, whole);
    this.contents.at(-1)!.push(whole);
  }

  /** As logrotate does: older ones move on, the writer keeps what it has open. */
  rename(): void {
    if (!existsSync(this.path)) return;
    this.shift();
    renameSync(this.path, `${this.path}.1`);
  }

  reopen(): void {
    if (this.fd !== undefined) {
      if (existsSync(this.path)) return;
      if (this.half) this.write('\n');
      closeSync(this.fd);
    }
    this.fd = openSync(this.path, 'a');
    this.contents.push([]);
  }

  copyTruncate(): void {
    if (!existsSync(this.path)) return;
    this.shift();
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path, 0);
    this.half = '';
    this.contents.push([]);
  }

  /** The newest rotated file is packed, once the writer has let go of it. */
  pack(): void {
    const file = `${this.path}.1`;
    if (!existsSync(this.path) || !existsSync(file)) return;
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)));
    unlinkSync(file);
  }

  private shift(): void {
    for (let n = 30; n > 0; n--)
      for (const packed of ['', '.gz'])
        if (existsSync(`${this.path}.${n}${packed}`))
          renameSync(`${this.path}.${n}${packed}`, `${this.path}.${n + 1}${packed}`);
  }

  /** The reader is killed, and starts again from one of its last positions. */
  async kill(back: number): Promise<void> {
    this.stop.abort();
    await this.batches?.return?.();
    this.batches = undefined;
    this.positions = this.positions.slice(0, Math.max(1, this.positions.length - back));
  }

  /** From now on nobody writes to what was renamed. */
  async settle(): Promise<void> {
    await this.kill(0);
    this.options = { ...this.options, quietMs: 0 };
    await this.read();
    await this.read();
  }

  /** Reads until there is nothing more. */
  async read(until = 'idle', limit = Number.POSITIVE_INFINITY): Promise<void> {
    this.batches ??= this.open();
    for (let n = 0; n < limit; n++) {
      const { value, done } = await this.batches.next();
      if (done === true) return;
      this.positions.push(value.position);
      for (const item of value.items) {
        if (item.type !== undefined) {
          this.controls.push(item.type);
          if (item.type === until) return;
          continue;
        }
        const text = Buffer.from(item.bytes.subarray(item.start, item.end)).toString();
        expect(this.lines.get(item.offset) ?? text).toBe(text);
        this.lines.set(item.offset, text);
      }
    }
  }

  private open(): AsyncIterator<Batch<SourceItem>> {
    this.stop = new AbortController();
    const position = this.positions.at(-1);
    // Checkpoints never go back.
    this.positions = [position];
    const source = followSource({
      path: this.path,
      source: 'file:app.log',
      topic: 'app',
      journal: () =>
        FollowJournal.open(`${this.folder}/state/journal`, this.path, async () => ({
          incarnation: 1,
          known: await headsBeside(this.path),
        })),
      clock: new ReaderClock(),
      idle: { afterMs: 2, watermark: () => 0 },
      warn: (message) => this.warnings.push(message),
      pollMs: 1,
      slice: 100,
      ...this.options,
    });
    const batches = source.open(position, { stop: this.stop.signal, drain: new AbortController().signal });
    return batches[Symbol.asyncIterator]();
  }

  async end(): Promise<void> {
    await this.kill(0);
    if (this.fd !== undefined) closeSync(this.fd);
  }

  /** Lines in the order of their offsets. */
  get texts(): string[] {
    return [...this.lines].sort(([a], [b]) => a - b).map(([, text]) => text);
  }

  get expected(): string[][] {
    return this.contents.map((texts) => texts.join('').split('\n').filter(Boolean));
  }

  /** Each line once, those of a content in their order. */
  check(): void {
    const read = this.texts;
    expect([...read].sort()).toEqual(this.expected.flat().sort());
    for (const lines of this.expected) {
      const own = new Set(lines);
      expect(read.filter((line) => own.has(line))).toEqual(lines);
    }
  }
}

const scenes: [string, (scene: Scene) => Promise<void> | void][] = [
  ['nothing happens', () => undefined],
  [
    'it is renamed, and created again',
    (scene) => {
      scene.rename();
      scene.reopen();
      scene.append(3);
    },
  ],
  [
    'the writer goes on in the renamed file for a while',
    async (scene) => {
      scene.rename();
      scene.append(2);
      await scene.read();
      scene.writeHalf();
      await scene.read();
      scene.reopen();
      scene.append(2);
    },
  ],
  [
    'it is copied and cut',
    (scene) => {
      scene.append(1);
      scene.copyTruncate();
      scene.append(1);
    },
  ],
  [
    'it is copied, cut and written to its size again',
    (scene) => {
      scene.copyTruncate();
      scene.append(5);
    },
  ],
  [
    'it is rotated twice between two looks',
    (scene) => {
      scene.rename();
      scene.reopen();
      scene.append(4);
      scene.rename();
      scene.reopen();
      scene.append(2);
    },
  ],
  [
    'it is cut twice between two looks',
    (scene) => {
      scene.copyTruncate();
      scene.append(4);
      scene.copyTruncate();
      scene.append(2);
    },
  ],
  [
    'it is packed while the reader is away',
    async (scene) => {
      await scene.kill(0);
      scene.append(3);
      scene.rename();
      scene.reopen();
      scene.pack();
      scene.append(1);
    },
  ],
];

test.each(scenes)('each line is read once where %s', async (_name, happen) => {
  const scene = new Scene();
  scene.append(5);
  await scene.read();
  await happen(scene);
  await scene.read();
  await scene.read();
  scene.check();
  expect(scene.controls).not.toContain('lost');
  await scene.end();
});

test('any sequence of appends, rotations and kills gives each line once, at the same offset each time', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), n: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('part' as const), n: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), n: fc.integer({ min: 0, max: 8 }) }) },
    ...(['half', 'rename', 'reopen', 'copyTruncate', 'pack', 'read'] as const).map((one) => ({
      weight: 2,
      arbitrary: fc.record({ do: fc.constant(one), n: fc.constant(0) }),
    })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const scene = new Scene();
      // What lies beside it when it is read first is not its own.
      await scene.read('none', 1);
      for (const { do: what, n } of steps) {
        if (what === 'append') scene.append(n);
        else if (what === 'half') scene.writeHalf();
        else if (what === 'rename') scene.rename();
        else if (what === 'reopen') scene.reopen();
        else if (what === 'copyTruncate') scene.copyTruncate();
        else if (what === 'pack') scene.pack();
        else if (what === 'read') await scene.read();
        else if (what === 'part') await scene.read('idle', n);
        else await scene.kill(n);
      }
      scene.append(1);
      scene.reopen();
      await scene.settle();
      scene.check();
      expect(scene.warnings).toEqual([]);
      await scene.end();
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('what was cut without a copy is recorded as lost, and the rest is read', async () => {
  const scene = new Scene();
  scene.append(3);
  await scene.read();
  truncateSync(scene.path, 0);
  scene.append(1);
  await scene.read('lost');
  await scene.read();
  scene.check();
  expect(scene.warnings).toEqual([expect.stringContaining('was cut, and no copy of it is beside it')]);
  await scene.kill(100);
  await scene.read();
  scene.append(1);
  await scene.read();
  scene.check();
  await scene.end();
});

test('a file that was deleted while the reader was away is recorded as lost', async () => {
  const scene = new Scene();
  scene.append(3);
  await scene.read();
  await scene.kill(0);
  unlinkSync(scene.path);
  scene.reopen();
  scene.append(2);
  await scene.read();
  scene.check();
  expect(scene.controls).toContain('lost');
  await scene.end();
});

test('the unfinished line of a renamed file counts once nobody has written to it for a while', async () => {
  const scene = new Scene({ quietMs: 1 });
  scene.append(1);
  scene.writeHalf();
  await scene.read();
  expect(scene.lines.size).toBe(1);
  scene.rename();
  while (scene.lines.size < 2) await scene.read();
  scene.check();
  await scene.end();
});

test('a bounded run ends at what is there, the last line included', async () => {
  const scene = new Scene({ bounded: true });
  scene.append(2);
  scene.writeHalf();
  await scene.read('end');
  scene.check();
  await scene.end();
});

test('a hole of zeros before what a writer that does not append writes is passed over', async () => {
  const scene = new Scene();
  scene.append(2);
  await scene.read();
  const size = readFileSync(scene.path).length;
  copyFileSync(scene.path, `${scene.path}.1`);
  writeFileSync(scene.path, Buffer.concat([Buffer.alloc(size), Buffer.from('after the hole\n')]));
  await scene.read();
  await scene.read();
  expect(scene.texts.at(-1)).toBe('after the hole');
  expect(scene.lines.size).toBe(3);
  await scene.end();
});

test('names of rotated files are told from other logs', () => {
  const isRotated = rotatedNames('/var/log/app.log');
  const rotated = [
    'app.log.1',
    'app.log.2.gz',
    'app.log-20260130',
    'app-2026-01-30.log',
    'app.log.old',
    'app.log.20260130-101500',
  ];
  expect(rotated.filter((name) => !isRotated(name))).toEqual([]);
  expect(['app.log', 'app-2.log', 'app-worker.log', 'app.log.lock', 'xapp.log.1'].filter(isRotated)).toEqual([]);
  expect(['app.log', 'app-2.log', '0.log', 'app.1.2.log'].filter(isRotatedName)).toEqual([]);
  expect(
    ['app.log.1', 'syslog-20260130', '0.log.20260130-101500', 'app.log.2.gz'].filter((one) => !isRotatedName(one)),
  ).toEqual([]);
});
