/** Members of a consumer group on a real broker: assignment, starts, moves, crashes, losses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes } from 'kafkajs';
import type { Start } from '../../connectors/kafka/partition-stream.js';
import { distinct, expectInOrder, GroupScene, lines, Member, type MemberOptions } from './services/group-scene.js';

describe('a consumer group', () => {
  let scene: GroupScene;
  beforeAll(async () => {
    scene = await GroupScene.open();
  });
  afterAll(() => scene?.close());
  beforeEach(() => scene.begin());
  afterEach(() => scene.end());

  test('reads several topics from the beginning, each partition in order, and shows its lag', async () => {
    const [first, second] = [await scene.newTopic(), await scene.newTopic(1)];
    await scene.produce(first, 0, 4000);
    await scene.produce(second, 4000, 5000, 1);
    const member = await scene.join('a', [first, second], { start: 'earliest', group: { commitMs: 100 } });
    await scene.until('all lines', () => scene.handled.length >= 5000);
    expect(scene.handled).toHaveLength(5000);
    expect(distinct(scene.handled)).toEqual(new Set(lines(0, 5000)));
    expectInOrder(scene.handled);
    const committed = async (): Promise<number> => {
      const offsets = await scene.admin.fetchOffsets({ groupId: `readers of ${first},${second}`, topics: [first] });
      return offsets[0]!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    };
    await scene.until('committed', async () => (await committed()) === 4000, 10_000);
    expect(member.fatal).toEqual([]);
  });

  test.each<[string, (middle: number) => Start, number]>([
    ['latest', () => 'latest', 200],
    ['a time', (middle) => ({ time: middle }), 100],
    ['earliest', () => 'earliest', 0],
  ])('begins at %s where it has no position, and stays there over a restart', async (_, start, from) => {
    const topic = await scene.newTopic();
    await scene.produce(topic, 0, 100);
    await sleep(20);
    const middle = Date.now();
    await sleep(20);
    await scene.produce(topic, 100, 200);
    const options = { start: start(middle), checkpointMs: 20 };
    const member = await scene.join('a', [topic], options);
    const expected = 200 - from;
    await scene.until(
      'positions',
      () =>
        [...member.tasks.values()].length === 4 &&
        [...member.tasks.values()].every(
          (task) => task.progress().checkpoint !== undefined && scene.handled.length === expected,
        ),
    );
    await scene.leave(member);
    // Written while nobody reads: a restart begins where the first run stood, not at another `latest`.
    await scene.produce(topic, 200, 300);
    await scene.join('b', [topic], options);
    await scene.until('all lines', () => scene.handled.length >= 300 - from);
    expect(distinct(scene.handled)).toEqual(new Set(lines(from, 300)));
    expect(scene.handled).toHaveLength(300 - from);
  });

  test('a group of another fleet is not joined, in words, and who has it reads on', async () => {
    const topic = await scene.newTopic();
    await scene.produce(topic, 0, 100);
    const a = await scene.join('a', [topic], { start: 'earliest', group: { owner: 'channels tocsin' } });
    await scene.until('a has all', () => a.sources.length === 4);
    const other = scene.join('b', [topic], { start: 'earliest', group: { owner: 'channels other' } });
    await expect(other).rejects.toThrow(
      /consumer group readers of \S+ has members that are not of this fleet \(channels other\): \S+ of channels tocsin; give each fleet/,
    );
    await scene.produce(topic, 100, 200);
    await scene.until('a reads on', () => scene.handled.length >= 200);
    expect(a.sources).toHaveLength(4);
    expect(distinct(scene.handled)).toEqual(new Set(lines(0, 200)));
    expect(a.group.joins).toBe(1);
    // Of the same fleet, and one that does not say: both share.
    await scene.join('c', [topic], { group: { owner: 'channels tocsin' } });
    await scene.until('shared', () => a.sources.length === 2);
    expect(a.fatal).toEqual([]);
  });

  test('partitions move when a member joins and when it leaves; nothing is lost, and only as many move as have to', async () => {
    const topic = await scene.newTopic();
    await scene.produce(topic, 0, 2000);
    const options: MemberOptions = { maxRecords: 10, slow: () => 20 };
    const a = await scene.join('a', [topic], options);
    await scene.until('a reads', () => scene.handled.length > 100);
    const keptBefore = a.sources;
    expect(keptBefore).toHaveLength(4);
    const b = await scene.join('b', [topic], options);
    await scene.until('shared', () => a.sources.length === 2 && b.sources.length === 2);
    const bHad = b.sources;
    await scene.produce(topic, 2000, 3000);
    await scene.until('both read', () => scene.handled.some(({ member }) => member === 'b'));
    await scene.leave(b);
    await scene.until('a has all again', () => a.sources.length === 4);
    const c = await scene.join('c', [topic], {
      ...options,
      group: { previous: () => bHad.map((name) => ({ topic, partition: Number(name.split('/')[1]) })) },
    });
    await scene.until('shared again', () => a.sources.length === 2 && c.sources.length === 2);
    expect(c.sources).toEqual(bHad);
    await scene.produce(topic, 3000, 4000);
    await scene.until('all lines', () => distinct(scene.handled).size === 4000);
    expect(distinct(scene.handled)).toEqual(new Set(lines(0, 4000)));
    expectInOrder(scene.handled);
    // Those that never left `a` were never read by another one, nor given up in between.
    for (const source of a.sources) {
      const lives = scene.handled
        .filter((each) => each.source === source)
        .map(({ member, epoch }) => `${member} ${epoch}`);
      expect(new Set(lives).size).toBe(1);
    }
    expect([...a.fatal, ...b.fatal, ...c.fatal]).toEqual([]);
  });

  test('a slow partition does not stop the others, and is paused', async () => {
    const topic = await scene.newTopic();
    await scene.produce(topic, 0, 4000);
    const member = await scene.join('a', [topic], {
      maxRecords: 10,
      slow: (source) => (source === `${topic}/0` ? 300 : 0),
      group: { bufferBytes: 1000 },
    });
    const of = (part: number): number => scene.handled.filter(({ source }) => source === `${topic}/${part}`).length;
    await scene.until('the others', () => of(1) === 1000 && of(2) === 1000 && of(3) === 1000, 20_000);
    expect(of(0)).toBeLessThan(1000);
    const slowBefore = of(0);
    await scene.produce(topic, 4000, 4400);
    await scene.until('the others go on', () => of(1) === 1100, 5000);
    await scene.until('the slow one too', () => of(0) > slowBefore);
    expect(member.fatal).toEqual([]);
  });

  test('kill -9 of the broker and a restart lose nothing', async () => {
    const topic = await scene.newTopic();
    await scene.produce(topic, 0, 1000);
    const member = await scene.join('a', [topic], { maxRecords: 50, slow: () => 2 });
    await scene.until('some lines', () => scene.handled.length > 100);
    scene.service.kill9();
    await sleep(500);
    await scene.service.startAgain();
    await scene.produce(topic, 1000, 2000);
    await scene.until('all lines', () => distinct(scene.handled).size === 2000);
    expectInOrder(scene.handled);
    expect(member.fatal).toEqual([]);
  });

  test('records deleted under a reader are reported, and reading goes on behind them', async () => {
    const topic = await scene.newTopic(1);
    await scene.produce(topic, 0, 3000, 1);
    await scene.admin.fetchTopicOffsets(topic);
    const member = await scene.join('a', [topic], { maxRecords: 5, slow: () => 100, group: { bufferBytes: 1000 } });
    await scene.until('some lines', () => scene.handled.length > 0);
    await scene.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2900' }] });
    await scene.leave(member);
    const stood = scene.handled.at(-1)!.offset + 1;
    const other = await scene.join('b', [topic], { checkpointMs: 10 });
    await scene.until('the rest', () => scene.handled.some(({ line }) => line === 'line 2999'));
    expect(other.lost).toEqual([expect.objectContaining({ source: `${topic}/0`, from: stood, to: 2900 })]);
    expect(other.controls).toContainEqual({ source: `${topic}/0`, item: { type: 'lost', watermark: 0 } });
    expect(scene.complaints).toContainEqual(expect.stringMatching(/deleted before they were read/));
    expect(distinct(scene.handled.filter(({ member: name }) => name === 'b'))).toEqual(new Set(lines(2900, 3000)));
  });

  test('an offset out of range while it runs is reported, and reading goes on', async () => {
    const topic = await scene.newTopic(1);
    await scene.produce(topic, 0, 1000, 1);
    await scene.admin.fetchTopicOffsets(topic);
    let held = true;
    const member = await scene.join('a', [topic], {
      maxRecords: 10,
      slow: () => (held ? 200 : 0),
      group: { bufferBytes: 2000 },
    });
    await scene.until('paused', () => scene.handled.length > 0);
    // All of the first batch is in the buffer; what comes next is gone when it is fetched.
    await scene.produce(topic, 1000, 2000, 1);
    await scene.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1900' }] });
    held = false;
    await scene.until('the rest', () => scene.handled.some(({ line }) => line === 'line 1999'));
    expect(member.lost).toEqual([expect.objectContaining({ from: 1000, to: 1900 })]);
    expect(member.controls.map(({ item }) => item.type)).toEqual(['lost']);
    expect(member.fatal).toEqual([]);
  });

  test('bad records are rejected with their coordinates, and idle is said at the end only', async () => {
    const topic = await scene.newTopic(2);
    const producer = scene.kafka.producer();
    await producer.connect();
    await producer.send({
      topic,
      compression: CompressionTypes.GZIP,
      messages: [
        { value: 'good', partition: 0 },
        { value: null, partition: 0 },
        { value: Buffer.alloc(1_048_577, 'x'), partition: 0 },
        { value: 'good too', partition: 0 },
      ],
    });
    await producer.disconnect();
    const began = Date.now();
    const member = await scene.join('a', [topic], {
      maxRecords: 1,
      slow: (source) => (source === `${topic}/0` ? 300 : 0),
      idle: { afterMs: 200, watermark: () => Date.now() },
    });
    await scene.until('idle', () => new Set(member.controls.map(({ source }) => source)).size === 2);
    expect(member.rejected.map(({ reason, source, offset }) => [reason, source, offset])).toEqual([
      ['empty', `${topic}/0`, 1],
      ['too-long', `${topic}/0`, 2],
    ]);
    expect(scene.handled.map(({ line }) => line)).toEqual(['good', 'good too']);
    for (const { item } of member.controls) {
      expect(item.type).toBe('idle');
      expect((item as { watermark: number }).watermark).toBeGreaterThanOrEqual(began);
    }
    expect(member.tasks.get(`${topic}/0`)?.progress().position?.offset).toBe(4);
  });

  test('a bounded source ends at the end that was there, also behind a transaction marker', async () => {
    const topic = await scene.newTopic(1);
    await scene.produce(topic, 0, 10, 1);
    const producer = scene.kafka.producer({ transactionalId: 'markers', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const committed = await producer.transaction();
    await committed.send({ topic, messages: [{ value: 'line 10', partition: 0 }] });
    await committed.commit();
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ value: 'never', partition: 0 }] });
    await aborted.abort();
    await producer.disconnect();
    const member = await scene.join('a', [topic], { bounded: true });
    await scene.until('assigned', () => member.tasks.size === 1);
    await member.tasks.get(`${topic}/0`)!.done;
    expect(scene.handled.map(({ line }) => line)).toEqual(lines(0, 11));
    expect(member.lost).toEqual([]);
  });

  test('a topic that does not exist is refused by name', async () => {
    const member = new Member('a', 'nobody', ['nowhere'], scene);
    await expect(member.group.start()).rejects.toThrow(/no topic nowhere/);
    await member.group.stop();
  });

  test('a position beyond the end of a re-created topic fails its task with what to do', async () => {
    const topic = await scene.newTopic(1);
    await scene.produce(topic, 0, 100, 1);
    const member = await scene.join('a', [topic]);
    await scene.until('all lines', () => scene.handled.length === 100);
    await scene.leave(member);
    await scene.admin.deleteTopics({ topics: [topic] });
    await scene.until('re-created', () =>
      scene.admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }).catch(() => false),
    );
    await scene.produce(topic, 0, 5, 1);
    const other = await scene.join('b', [topic]);
    await scene.until('refused', () => other.fatal.length > 0);
    expect(other.fatal[0]!.message).toMatch(
      /ends at offset 5 and the stored position is 100: the topic was re-created/,
    );
  });
});
