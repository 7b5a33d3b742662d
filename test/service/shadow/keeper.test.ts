/** What shadows would have decided is counted from their log: once, by name and set, and shown as metrics. */
import { rmSync } from 'node:fs';
import pino from 'pino';
import { createMetrics } from '../../../connectors/http/metrics.js';
import { SegmentLogWriter } from '../../../connectors/segment-log/writer.js';
import { aliasControl } from '../../../records/alias.js';
import type { Control } from '../../../records/control.js';
import { encodeShadowed, type Shadowed } from '../../../records/shadow.js';
import { readLiveShadows } from '../../../offline/models/live-shadows.js';
import { openReader } from '../../../offline/replay/channel-records.js';
import { channelFolder } from '../../../service/channels.js';
import { ShadowKeeper } from '../../../service/shadow/keeper.js';
import { TrainingLedger } from '../../../training/ledger.js';
import { aConfig, monday } from '../../offline/features/store.js';

const [cart, shop] = ['cart', 'shop'].map((service) => `service{service="${service}"}`) as [string, string];
const artefact = 'a'.repeat(32);
const minutes = 60_000;

const at = (n: number, more: Partial<Shadowed> = {}): Shadowed => ({
  shard: 'windows/0',
  name: 'shadow',
  artefact,
  end: monday + n * 5 * minutes,
  windows: [],
  broken: 0,
  failure: '',
  ...more,
});
const window = (entity: string, fired: boolean, decided: boolean) => ({
  entity,
  u: fired ? 2 : 0,
  fired,
  decided: { u: decided ? 3 : -1, fired: decided },
});

const records: Shadowed[] = [
  at(1, { windows: [window(cart, true, true), window(shop, false, false)] }),
  // Within an hour it is the same alert.
  at(2, { windows: [window(cart, true, false), window(shop, true, false)] }),
  // Written again after a restart.
  at(2, { windows: [window(cart, true, false), window(shop, true, false)] }),
  at(2, { shard: 'windows/1', windows: [window(shop, false, true)] }),
  at(3, { broken: 2 }),
  at(4, { failure: 'there is no artefact set' }),
  at(40, { windows: [window(cart, true, true)] }),
];

async function written(all: readonly Shadowed[]) {
  const config = aConfig();
  const writer = await SegmentLogWriter.open({ folder: channelFolder(config, 'shadows'), shards: 1 });
  for (const one of all) writer.append(0, one.name, encodeShadowed(one));
  await writer.flush();
  await writer.close();
  return config;
}

test('agreement, alerts and windows that are decided otherwise, by shadow', async () => {
  const config = await written(records);
  const report = (await readLiveShadows(config))[0]!;
  rmSync(config.state.dir, { recursive: true });
  expect(report).toMatchObject({
    name: 'shadow',
    artefact,
    windows: 6,
    alike: 0.5,
    fired: { both: 2, onlyShadow: 2, onlyChampion: 1 },
    alerts: { shadow: 3, champion: 3 },
    broken: 2,
    missed: 1,
    failure: 'there is no artefact set',
    entities: [
      { entity: shop, windows: 2 },
      { entity: cart, windows: 1 },
    ],
  });
  expect(report.disagreements).toHaveLength(3);
  expect(report.disagreements[0]).toMatchObject({ end: at(2).end, entity: cart, shadowFires: true });
});

test('a name that stands for another set begins again, and one that is taken away is not shown', async () => {
  const other = 'b'.repeat(32);
  const config = await written([...records, at(41, { artefact: other }), at(41, { name: 'shadow-2' })]);
  const ledger = new TrainingLedger();
  const said = new Map<string, Control>();
  const name = (alias: string, set: string, expected: string): void => {
    const move = { alias, artefact: set, expected, id: `${alias} ${set}`, by: 'ann', why: '', at: 1 };
    said.set(move.id, aliasControl(move, 'cli'));
    ledger.read(said);
  };
  name('shadow', other, '');
  name('shadow-2', artefact, '');
  expect(ledger.pendingTurns.map((turn) => turn.type)).toEqual(['shadow', 'shadow']);
  name('shadow-2', '', artefact);
  expect(ledger.pendingTurns.at(-1)).toMatchObject({ type: 'shadow', name: 'shadow-2', artefact: '' });
  const metrics = createMetrics();
  const keeper = new ShadowKeeper({
    ledger,
    shadowed: async () => {
      const reader = await openReader(config, 'shadows', 1);
      return { reader, close: () => reader.close() };
    },
    metrics,
    log: pino({ level: 'silent' }),
  });
  const reports = await keeper.reports();
  expect(reports.map((report) => [report.name, report.artefact, report.windows])).toEqual([['shadow', other, 0]]);
  await keeper.look();
  const { values } = await metrics.shadowAlerts.get();
  expect(values.map(({ labels }) => labels.shadow)).toEqual(['shadow', 'shadow']);
  rmSync(config.state.dir, { recursive: true });
});
