/** Valid records of every channel, and the state of tasks that read them: what fuzzing begins with. */
import { kernelRarity } from '../../../models/detectors/kernel-rarity.js';
import { Pass } from '../../../runtime/pass.js';
import type { Alert } from '../../../records/alert.js';
import type { Notification } from '../../../records/notification.js';
import type { SourceItem } from '../../../records/raw.js';
import type { Decision } from '../../../records/score.js';
import type { StateStores } from '../../../records/store.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { mergeDefaults, type WindowsItem } from '../../../operators/merge.js';
import type { Operator } from '../../../records/batch.js';
import type { Tracked } from '../../../records/decided.js';
import { detect } from '../../../topologies/detect.js';
import { ingest } from '../../../topologies/ingest.js';
import { anAlert } from '../../builders/alert.js';
import { SampledStores, type Sample } from './sampled-stores.js';

export interface Corpus {
  readonly windows: readonly WindowsRecord[];
  readonly decisions: readonly Decision[];
  readonly alerts: readonly Alert[];
  readonly notifications: readonly Notification[];
  readonly state: readonly Sample[];
}

const from = Date.UTC(2026, 0, 5, 12);

/** Half an hour of a service and a series, a line or a point every ten seconds. */
function lines(): SourceItem[] {
  const texts: string[] = [];
  for (let i = 0; i < 180; i++) {
    const at = new Date(from + 10_000 * i).toISOString();
    const what = i % 20 === 0 ? 'ERROR disk full on sda1' : `INFO order ${i * 7} of job-${i % 9} took ${i % 50} ms`;
    texts.push(`${at} ${what}`);
  }
  return texts.map((text, offset) => {
    const bytes = Buffer.from(text);
    return { bytes, start: 0, end: bytes.length, offset, timestamp: -1, topic: 'shop' };
  });
}

function points(): SourceItem[] {
  return Array.from({ length: 180 }, (_, offset) => {
    const bytes = Buffer.from(`${from + 10_000 * offset},${offset % 7}`);
    return { bytes, start: 0, end: bytes.length, offset, timestamp: -1, topic: 'load' };
  });
}

/** Detection without models, in which a rule fires. */
export const detecting = (stores: StateStores): Operator<WindowsItem, Tracked> =>
  detect({
    stores,
    windows: { ...mergeDefaults, shard: 'windows/0' },
    artefacts: { loaded: () => undefined, load: async () => undefined },
    calibration: () => undefined,
    kernel: async () => ({ score: async (query) => kernelRarity(query) }),
    rules: [{ name: 'disk', action: 'page', match: {}, pattern: 'disk' }],
    select: { policy: 'mixture', budget: () => 3 },
    track: { tag: { source: 'windows/0', incarnation: 1, epoch: 1 } },
    speaksForInput: true,
  });

/** All that comes out of a topology for one batch. */
async function through<A, B>(topology: Operator<A, B>, items: readonly A[]): Promise<B[]> {
  const pass = new Pass(topology);
  const out: B[] = [];
  for await (const batch of pass.run({ items, rejected: [], position: { source: 'corpus', offset: items.length } }))
    out.push(...batch.items);
  pass.close();
  return out;
}

export async function corpusOf(): Promise<Corpus> {
  const state: Sample[] = [];
  const ingested = async (
    source: string,
    format: 'plain' | 'metric',
    items: SourceItem[],
  ): Promise<WindowsRecord[]> => {
    const stores = new SampledStores();
    const sessions = [{ class: 'jobs', pattern: 'job-([0-9]+)' }];
    const parts = { source, incarnation: 0, epoch: 1, format, sessions, stores };
    const made: WindowsRecord[] = await through(ingest(parts), items);
    state.push(...stores.samples());
    const end = await through(ingest(parts), [{ type: 'end', watermark: 0 }]);
    return [...made, ...end];
  };
  const [logs, series] = [await ingested('logs/0', 'plain', lines()), await ingested('load/0', 'metric', points())];
  const stores = new SampledStores();
  const sources: WindowsRecord = { type: 'sources', version: 1, sources: ['logs/0', 'load/0'] };
  const tracked = await through(
    detecting(stores),
    [sources, ...logs, ...series].map((record, offset): WindowsItem => ({ offset, record })),
  );
  const alerts = tracked.flatMap((item) => (item.type === 'alert' ? [item.alert] : []));
  const decisions = tracked.flatMap((item) => (item.type === 'decided' ? [item.decision] : []));
  state.push(...stores.samples());
  const alert = alerts.at(0) ?? anAlert();
  const windows: WindowsRecord[] = [
    sources,
    ...logs.slice(0, 40),
    ...series.slice(0, 20),
    { type: 'promotion', artefact: 'a1', from },
    {
      type: 'verdict',
      verdict: { id: 'v', alert: alert.fingerprint, value: 'not-anomaly', by: 'ann', at: from, context: alert.context },
    },
  ];
  const notifications: Notification[] = [
    { type: 'notice', alert, change: 'new' },
    { type: 'webhook', id: 'w', route: 'ops', alert },
  ];
  return {
    windows,
    decisions: decisions.slice(0, 20),
    alerts: [...alerts.slice(0, 5), anAlert()],
    notifications,
    state,
  };
}
