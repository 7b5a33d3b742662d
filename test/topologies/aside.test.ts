/** Questions beside the stream: the bits that the stream gives, and no trace in its state. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decideModel } from '../../console/inference/decide.js';
import type { InputTensor } from '../../console/inference/tensors.js';
import { parseConfig } from '../../config/load.js';
import { TopologyTestDriver } from '../../lab/driver.js';
import { detectDefaults } from '../../lab/eval/in-process.js';
import { mergeDefaults, type WindowsItem } from '../../operators/merge.js';
import type { Tracked } from '../../records/decided.js';
import { encodeDecision, type Decision } from '../../records/score.js';
import type { Closed, LogWindow, SeriesWindow } from '../../records/window.js';
import type { WindowsRecord } from '../../records/windows.js';
import type { Aside } from '../../topologies/aside.js';
import { detect } from '../../topologies/detect.js';
import { Artefacts } from '../../training/artefacts.js';
import { installPrior } from '../../training/prior.js';
import { chance, define, load, logWindow, messages, monday, shop, usualLines } from '../builders/windows.js';

const { pane, windowPanes } = mergeDefaults;
const length = pane * windowPanes;
const source = 'logs/0';
const random = chance(7);
let dir: string;
let prior: string;
let artefacts: Artefacts;
let aside: Aside;
let driver: TopologyTestDriver<WindowsItem, Tracked>;
let n = 0;
const last = 90;

const tag = () => ({ source, incarnation: 1, epoch: 1, offset: n++, n: 0 });
const push = (...records: WindowsRecord[]): Promise<Tracked[]> =>
  driver.push(...records.map((record) => ({ offset: n++, record })));

interface Round {
  readonly end: number;
  readonly log: LogWindow;
  readonly series: readonly SeriesWindow[];
}

/** What the stream is to see up to an end: usual lines and points, now and then a flood of errors. */
function roundOf(k: number): Round {
  const end = monday + k * length;
  const lines = usualLines(random, 40);
  const isSick = k % 23 === 22;
  const errors = isSick ? Array.from({ length: 60 }, () => ({ masked: messages[4]!, level: 'error' as const })) : [];
  const series = Array.from({ length: windowPanes }, (_, i): SeriesWindow => {
    const at = end - length + (i + 1) * pane;
    const points = [[at - pane + 1, 10 + random() + (isSick ? 40 : 0)] as const];
    return { type: 'series', entity: load.key, start: at - pane, end: at, aggregate: { points }, flags: [] };
  });
  return { end, log: logWindow(end, [...lines, ...errors], length), series };
}

/** Hands a round to the stream and gives what it decided. */
async function through({ end, log, series }: Round): Promise<Decision[]> {
  const shaped = { settings: 1, capped: false };
  const left = await push(
    { type: 'log', tag: tag(), ...shaped, entity: log.entity, pane: log.start, aggregate: log.aggregate },
    ...series.map(({ entity, start, aggregate }): WindowsRecord => ({
      ...{ type: 'series', tag: tag(), ...shaped, entity, pane: start, aggregate },
    })),
    { type: 'mark', tag: tag(), kind: 'data', watermark: end },
  );
  return left.flatMap((item) => (item.type === 'decided' ? [item.decision] : []));
}

const ofWindows = (windows: readonly Closed[][]) => ({ windows: () => windows });
const bytesOf = (decisions: readonly Decision[]): string[] =>
  decisions.map((decision) => encodeDecision(decision).toString('hex'));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tocsin-aside-'));
  prior = (await installPrior(dir))!;
  artefacts = new Artefacts(dir);
  driver = await TopologyTestDriver.open((stores) =>
    detect({
      ...detectDefaults(stores),
      artefacts,
      calibration: artefacts.calibration,
      aside: (opened) => (aside = opened),
    }),
  );
  await push(
    { type: 'sources', version: 1, sources: [source] },
    { type: 'promotion', artefact: prior, from: monday - length },
    ...messages.map(define),
  );
  // A promotion takes effect at a boundary: before it a question is of the warm-up.
  await through(roundOf(0));
});
afterAll(async () => {
  driver.close();
  await rm(dir, { recursive: true });
});

test('windows, and rows of features, have the bits that the stream gives them afterwards', async () => {
  const config = {
    ...parseConfig('sources: [{ type: file, path: app.log }]', 'tocsin.yaml'),
    windows: { length, pane },
  } as never;
  const model = decideModel({
    config,
    asideOf: () => aside,
    whereIs: () => Promise.resolve('elsewhere'),
    inForce: () => prior,
    recorded: () => Promise.resolve(undefined),
  });
  let fired = 0;
  for (let k = 1; k <= last; k += 3) {
    const rounds = [roundOf(k), roundOf(k + 1), roundOf(k + 2)];
    const logs = await aside.ask({ entity: shop.key, ...ofWindows(rounds.map(({ log }) => [log])) });
    const series = await aside.ask({
      entity: load.key,
      ...ofWindows(rounds.flatMap((round) => round.series.map((one) => [one]))),
    });
    const answers = [...logs, ...series];
    const rows = answers.map(({ decided }) => decided.row!);
    const asked: { level: number; threshold: number; fires: boolean }[] = [];
    for (const [entity, own] of [
      [shop.key, rows.slice(0, 3)],
      [load.key, rows.slice(3)],
    ] as const) {
      const tensor = (
        name: string,
        lists: readonly (ArrayLike<number> | undefined)[],
        datatype = 'FP64',
      ): InputTensor => ({
        ...{ name, datatype: datatype as InputTensor['datatype'], texts: [] },
        shape: [lists.length, lists[0]?.length ?? 0],
        numbers: Float64Array.from(lists.flatMap((list) => [...(list ? Array.from(list) : [])])),
      });
      const { outputs } = await model.infer(
        new Map<string, InputTensor>([
          ['entity', { name: 'entity', datatype: 'BYTES', shape: [1], numbers: new Float64Array(), texts: [entity] }],
          [
            'features',
            tensor(
              'features',
              own.map(({ vector }) => vector),
            ),
          ],
          ...(own[0]!.aspects
            ? [
                [
                  'aspects',
                  tensor(
                    'aspects',
                    own.map(({ aspects }) => aspects),
                  ),
                ] as const,
              ]
            : []),
          [
            'end',
            {
              ...tensor(
                'end',
                own.map(({ subject }) => [subject.end]),
                'INT64',
              ),
              shape: [own.length],
            },
          ],
        ]),
        {},
      );
      const [levels, thresholds, fires] = [3, 4, 5].map((i) => outputs[i]!.data as number[]);
      levels!.forEach((level, i) => asked.push({ level, threshold: thresholds![i]!, fires: fires![i] === 1 }));
    }
    const decided: Decision[] = [];
    for (const round of rounds) decided.push(...(await through(round)));
    const inOrder = [shop.key, load.key].flatMap((entity) => decided.filter((one) => one.entity === entity));
    expect(bytesOf(answers.map(({ decided: one }) => one.decision))).toEqual(bytesOf(inOrder));
    expect(asked).toEqual(inOrder.map(({ u, threshold, fired: fires }) => ({ level: u, threshold, fires })));
    fired += inOrder.filter((one) => one.fired).length;
    expect(logs[0]!.asOf).toBe(rounds[0]!.end - length);
  }
  expect(fired).toBeGreaterThan(0);
});

test('what is asked leaves no trace in the state', async () => {
  const before = await driver.bytes();
  for (let k = 0; k < 5; k++) await aside.ask({ entity: shop.key, ...ofWindows([[roundOf(400 + k).log]]) });
  await aside.ask({
    entity: 'service{service="never-seen"}',
    ...ofWindows([[{ ...roundOf(400).log, entity: 'service{service="never-seen"}' }]]),
  });
  expect(await driver.bytes()).toEqual(before);
});

test('while a boundary is under way a question waits for its end', async () => {
  const { series, ...round } = roundOf(last + 1);
  const under = through({ ...round, series });
  // The first of five boundaries is inside: a series has a window each minute.
  const answers = await aside.ask({ entity: load.key, ...ofWindows([[series[1]!]]) });
  const decided = (await under).find(({ entity, end }) => entity === load.key && end === series[1]!.end)!;
  expect(answers[0]!.asOf).toBe(series[0]!.end);
  expect(bytesOf([answers[0]!.decided.decision])).toEqual(bytesOf([decided]));
});

test('a state that went away refuses in words', async () => {
  const gone = aside;
  await driver.restart();
  await expect(gone.ask({ entity: shop.key, ...ofWindows([[roundOf(600).log]]) })).rejects.toThrow(
    /not at this process/,
  );
});
