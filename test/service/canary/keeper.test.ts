/** A canary whose entities are louder is ended by a control, once; one that is as loud as the rest goes on. */
import { rmSync } from 'node:fs';
import pino from 'pino';
import { SegmentLogReader } from '../../../connectors/segment-log/reader.js';
import { createMetrics } from '../../../connectors/http/metrics.js';
import { Seeded } from '../../../models/detectors/seeded.js';
import { canaryControl, isInCanary } from '../../../records/canary.js';
import type { Control } from '../../../records/control.js';
import type { Decision } from '../../../records/score.js';
import type { Verdict } from '../../../records/verdict.js';
import { CanaryKeeper } from '../../../service/canary/keeper.js';
import { channelFolder } from '../../../service/channels.js';
import { TrainingLedger } from '../../../training/ledger.js';
import { aQuietDecision } from '../../builders/decision.js';
import { aConfig, monday, writeDecisions } from '../../offline/features/store.js';

const artefact = 'c'.repeat(32);
const entities = Array.from({ length: 60 }, (_, i) => `service{service="s${i}"}`);
const window = 300_000;
const day = 86_400_000;
const asked = { id: 'canary/1', artefact, share: 300, by: 'ann', why: '', at: 1 };

/** Four days, the last two with the canary; the chance that a window fires is `louder` times as high in its entities. */
function decisions(louder: number, score = 1): Decision[] {
  const random = new Seeded(3);
  const all: Decision[] = [];
  for (let end = monday + window; end <= monday + 4 * day; end += 3 * window)
    for (const entity of entities) {
      const isScored = end > monday + 2 * day && isInCanary(entity, asked);
      const fired = random.uniform() < 0.003 * (isScored ? louder : 1);
      const by = isScored ? { artefact, scores: [{ detector: 'own', score, u: 0 }] } : {};
      all.push(aQuietDecision({ entity, start: end - window, end, fired, ...by }));
    }
  return all;
}

async function look(all: readonly Decision[], answers: readonly Verdict[] = []) {
  const config = aConfig();
  await writeDecisions(config, all);
  const ledger = new TrainingLedger();
  const said = new Map<string, Control>();
  const say = async (control: Control): Promise<void> => {
    said.set(control.id, control);
    ledger.read(said);
  };
  for (const verdict of answers) {
    const { id, alert: about, value, by, at } = verdict;
    await say({ id, command: 'verdict', about, value, by, via: 'api', why: '', at, verdict });
  }
  await say(canaryControl(asked, 'cli'));
  const metrics = createMetrics();
  const { shards } = config.channels;
  const keeper = new CanaryKeeper({
    ledger,
    shards,
    decisions: async () => {
      const reader = await SegmentLogReader.open({ folder: channelFolder(config, 'decisions'), shards });
      return { reader, close: () => reader.close() };
    },
    controls: { said },
    say,
    metrics,
    log: pino({ level: 'silent' }),
  });
  await keeper.look();
  const found = keeper.status;
  await keeper.look();
  rmSync(config.state.dir, { recursive: true });
  return { ledger, said: [...said.values()], found };
}

test('a canary that is five times as loud is ended, with the reason; all shards hear of both', async () => {
  const { ledger, said } = await look(decisions(5));
  expect(said.map(({ command, value, by }) => [command, value, by])).toEqual([
    ['canary', '300', 'ann'],
    ['canary', '0', 'tocsin'],
  ]);
  expect(said[1]!.why).toMatch(/alerts, and .* would be usual/);
  expect(ledger.canary).toBeUndefined();
  expect(ledger.pendingTurns).toEqual([
    { type: 'canary', id: 'canary/1', artefact, share: 300 },
    { type: 'canary', id: said[1]!.id, artefact, share: 0 },
  ]);
});

test('one that is as loud as the rest goes on, with its figures', async () => {
  const { ledger, said, found } = await look(decisions(1));
  expect(said).toHaveLength(1);
  expect(ledger.canary).toMatchObject({ artefact, share: 300 });
  const own = entities.filter((entity) => isInCanary(entity, asked)).length;
  expect(found).toMatchObject({ entities: { canary: own, rest: entities.length - own }, broken: 0, isWorse: false });
  expect(found!.alerts.canary + found!.alerts.rest).toBeGreaterThan(20);
});

/** Each alert is answered; those of the canary's set are false with another chance than the others. */
function answersTo(all: readonly Decision[], falseOfCanary: number): Verdict[] {
  const random = new Seeded(4);
  return all
    .filter(({ fired }) => fired)
    .map(({ entity, start, end, artefact: by }, i): Verdict => {
      const isFalse = random.uniform() < (by === artefact ? falseOfCanary : 0.2);
      const context = { entity, key: '', start, end, arms: [], u: 2, threshold: 1, propensity: 1, policy: 'mixture' };
      const rest = { own: 2, believed: 'mean', baselines: [], direction: 1, templates: [] };
      const value = isFalse ? ('not-anomaly' as const) : ('anomaly' as const);
      return { id: `v${i}`, alert: `a${i}`, value, by: 'ann', at: 2, context: { ...context, ...rest } };
    });
}

test('one that is no louder, and of which more alerts are called false, is ended', async () => {
  const all = decisions(2);
  const { said } = await look(all, answersTo(all, 0.95));
  const end = said.at(-1)!;
  expect(end).toMatchObject({ command: 'canary', value: '0', by: 'tocsin' });
  expect(end.why).toMatch(/people called \d+ of its alerts false/);
});

test('one whose scores are no numbers is ended at once', async () => {
  const { said } = await look(decisions(1, Number.NaN));
  expect(said[1]).toMatchObject({ value: '0', by: 'tocsin' });
  expect(said[1]!.why).toContain('no finite number');
});

test('a second canary, a share of what is no canary, and what comes again change nothing', () => {
  const ledger = new TrainingLedger();
  const all = [
    { ...asked, id: 'a', share: 0 },
    { ...asked, id: 'b', share: 50 },
    { ...asked, id: 'c', artefact: 'd'.repeat(32) },
    { ...asked, id: 'd', share: 250 },
  ];
  ledger.read(new Map(all.map((one) => [one.id, canaryControl(one, 'cli')])));
  expect([...ledger.moves]).toEqual([
    ['a', false],
    ['b', true],
    ['c', false],
    ['d', true],
  ]);
  expect(ledger.canary).toMatchObject({ artefact, share: 250 });
});
