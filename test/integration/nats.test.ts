/** Streams of a real nats-server: kill -9 of either side, work queues, what is purged or created again. Each line counts once. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RetentionPolicy } from '@nats-io/jetstream';
import { countedRecords } from './services/counted.js';
import { hasNats, readingStream, startNats, Streams } from './services/nats.js';
import type { Service } from './services/service.js';
import { begin, ended, killWhen, tocsin, whileRunning } from './services/tocsin.js';

(hasNats ? describe : describe.skip)('NATS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-nats-'));
  let nats: Service;
  let streams: Streams;
  beforeAll(async () => {
    nats = await startNats();
    streams = await Streams.of(nats);
  }, 60_000);
  afterAll(async () => {
    await streams?.close();
    await nats?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const config = (name: string, source: object, more: object = {}): string =>
    readingStream(folder, name, { servers: [nats.url] }, source, more);

  /** Lines by entity. */
  async function counted(name: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const record of await countedRecords(join(folder, name)))
      if (record.type === 'log') counts[record.entity] = (counts[record.entity] ?? 0) + record.aggregate.lines;
    return counts;
  }
  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((all, count) => all + count, 0);

  async function decisions(file: string): Promise<string> {
    await tocsin('replay', '--config', file, '--source', 'decisions', '--out', `${file}.decisions`);
    return readFileSync(`${file}.decisions`).toString('base64');
  }

  let at = Date.parse('2026-01-05T00:00:00Z');
  let written = 0;
  /** The next lines, 500 ms of event time each. */
  const lines = (count: number): string[] =>
    Array.from({ length: count }, () => {
      at += 500;
      const isBad = written % 4000 > 3600 && written % 2 === 1;
      const what = isBad ? 'ERROR payment failed: connection refused' : 'INFO order was paid';
      return `${new Date(at).toISOString()} ${what} ${written++}`;
    });

  test('kill -9 of tocsin and of the server: each line once, labels, decisions of an undisturbed run', async () => {
    await streams.create('SHOP');
    const source = {
      stream: 'SHOP',
      subjects: ['shop.*.log'],
      relabel: [
        { source_labels: ['topic'], regex: 'shop\\.(.*)\\.log', target_label: 'service' },
        { source_labels: ['header_x_team'], target_label: 'team' },
      ],
    };
    const rules = [{ name: 'refused', action: 'page', pattern: 'connection refused' }];
    const file = config('killed', source, { rules });
    let sent = 0;
    /** Publishes without an end until it is over; the order of all lines is that of the stream. */
    const publishUntil = async (isOver: () => boolean): Promise<void> => {
      while (!isOver()) {
        const service = sent % 3000 < 2000 ? 'cart' : 'pay';
        await streams.publish(`shop.${service}.log`, lines(200), { 'X-Team': 'core' });
        await streams.publish('shop.cart.audit', ['not of the subjects']);
        sent += 200;
      }
    };
    await publishUntil(() => sent >= 6000);
    for (let kills = 0; kills < 2; kills++) {
      const run = begin(['run', '--config', file]);
      const before = await streams.acknowledged('SHOP');
      const publishing = publishUntil(() => run.isOver());
      await killWhen(run, async () => (await streams.acknowledged('SHOP')) > before);
      await publishing;
    }

    const run = begin(['run', '--config', file]);
    await whileRunning(run, () => run.said().includes('"running"'));
    nats.kill9();
    await whileRunning(run, () => /NATS at nats:.* cannot be reached.*; tried again/.test(run.said()));
    await streams.startAgain(nats);
    const before = await streams.acknowledged('SHOP');
    const more = publishUntil(() => run.isOver());
    await whileRunning(run, async () => (await streams.acknowledged('SHOP')) > before);
    run.signal('SIGTERM');
    await run.ended;
    await more;

    await tocsin('run', '--config', file, '--bounded');
    const counts = await counted('killed');
    expect(Object.keys(counts).sort()).toEqual([
      'service{service="cart",team="core"}',
      'service{service="pay",team="core"}',
    ]);
    expect(sum(counts)).toBe(sent);

    const calm = config('calm', { ...source, consumer: 'calm' }, { rules });
    await tocsin('run', '--config', calm, '--bounded');
    expect(await counted('calm')).toEqual(counts);
    const found = await decisions(file);
    expect(found.length).toBeGreaterThan(10_000);
    expect(found).toBe(await decisions(calm));
  }, 240_000);

  test.each([
    ['a work queue', 'QUEUE', RetentionPolicy.Workqueue],
    ['a stream of interest', 'WISH', RetentionPolicy.Interest],
  ])(
    '%s keeps what is not checkpointed over kill -9, and is empty behind it',
    async (_what, stream, retention) => {
      await streams.create(stream, retention);
      const file = config(stream, { stream });
      const run = begin(['run', '--config', file]);
      // What comes before it waits for something is not kept.
      await whileRunning(run, async () => (await streams.api.streams.info(stream)).state.consumer_count > 0);
      let sent = 0;
      const publishing = (async (): Promise<void> => {
        while (!run.isOver()) {
          await streams.publish(`${stream.toLowerCase()}.a`, lines(200));
          sent += 200;
        }
      })();
      await killWhen(run, async () => (await streams.acknowledged(stream)) > 0);
      await publishing;
      expect(await streams.messages(stream)).toBeGreaterThan(0);
      await tocsin('run', '--config', file, '--bounded');
      expect(sum(await counted(stream))).toBe(sent);
      expect(await streams.messages(stream)).toBe(0);
    },
    120_000,
  );

  test('what was purged before it was read is said and counted, a stream that was created again is another one', async () => {
    await streams.create('CUT');
    const file = config('cut', { stream: 'CUT' });
    await streams.publish('cut.a', lines(100));
    await tocsin('run', '--config', file, '--bounded');
    // What belongs to a window that its end has closed would be late.
    at += 3_600_000;
    await streams.publish('cut.a', lines(50));
    await streams.api.streams.purge('CUT', { seq: 131 });
    expect(await tocsin('run', '--config', file, '--bounded')).toMatch(
      /30 messages of stream CUT \(sequences 101 to 130\) were deleted before they were read/,
    );
    expect(sum(await counted('cut'))).toBe(120);
    const marks = (await countedRecords(join(folder, 'cut'))).filter(({ type }) => type === 'mark');
    expect(marks.some((mark) => 'kind' in mark && mark.kind === 'lost')).toBe(true);

    at += 3_600_000;
    await streams.api.streams.delete('CUT');
    await streams.create('CUT');
    await streams.publish('cut.a', lines(40));
    expect(await tocsin('run', '--config', file, '--bounded')).toMatch(
      /stream CUT was created again: it is read from its beginning/,
    );
    expect(sum(await counted('cut'))).toBe(160);
    expect(await tocsin('run', '--config', file, '--bounded')).toMatch(/no line came/);
  }, 120_000);

  test('a server that has lost the end of a stream is refused in words, and so is a second reader', async () => {
    await streams.create('OLD');
    const file = config('old', { stream: 'OLD' });
    await streams.publish('old.a', lines(10));
    nats.kill9();
    const copy = join(folder, 'copy');
    cpSync(join(nats.folder, 'streams'), copy, { recursive: true });
    await streams.startAgain(nats);
    await streams.publish('old.a', lines(10));
    const first = begin(['run', '--config', file]);
    await whileRunning(first, async () => (await streams.acknowledged('OLD')) >= 20);
    const second = begin(['run', '--config', config('second', { stream: 'OLD' })]);
    const { code, said } = await first.ended;
    expect(code).toBe(1);
    expect(said).toMatch(/another process reads stream OLD by the consumer tocsin-OLD: give each installation its own/);
    second.signal('SIGKILL');
    await second.ended;

    nats.kill9();
    rmSync(join(nats.folder, 'streams'), { recursive: true });
    cpSync(copy, join(nats.folder, 'streams'), { recursive: true });
    await streams.startAgain(nats);
    const lost = await ended('run', '--config', file);
    expect(lost.code).toBe(1);
    expect(lost.said).toMatch(/stream OLD ends at sequence 10 and was read up to 20: its server has lost its end/);
  }, 120_000);
});
