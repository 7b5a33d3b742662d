/** Alerts of tocsin about its own input: a source that is left out, or all of it silent at once. */
import { alertCodec, type Alert } from '../records/alert.js';
import type { AlertRaised } from '../records/decided.js';
import { entity } from '../records/entity.js';
import { hashText, hex } from '../records/wire/hash.js';
import type { StateStores } from '../records/store.js';
import type { Tag } from '../records/windows.js';
import type { InputEvent } from './merge.js';

/** What they are about: the service label is tocsin's own. */
const service = 'tocsin';

/**
 * One alert a source that is stalled or has wrong clocks, and one where the whole input is lost, each resolved when it is over. They follow
 * from the marks in the log alone, so that a replay raises the same.
 *
 * @param tag - `input/<shard>`: sources of tags of its own, since these alerts come between boundaries
 */
export function inputAlerts(
  stores: StateStores,
  tag: Pick<Tag, 'source' | 'incarnation' | 'epoch'>,
): (event: InputEvent) => readonly AlertRaised[] {
  const raised = stores.open('input-alerts', alertCodec);
  return ({ change, offset, n, at }) => {
    const key = 'source' in change ? (isDating(change.what) ? `misdated ${change.source}` : change.source) : '';
    const known = raised.get(key);
    const own: Tag = { ...tag, offset, n };
    if (change.what === 'joined' || change.what === 'found' || change.what === 'dated') {
      raised.delete(key);
      return known ? [{ type: 'alert', alert: { ...known, tag: own, status: 'resolved', lastAt: at, at } }] : [];
    }
    if (known) return [];
    const alert =
      change.what === 'misdated'
        ? alertOf(
            own,
            at,
            'wrong clock',
            `a fifth of the records of ${change.source} or more have times that cannot be right: they are late or in the future, and are left out. See the dead letters for whose they are`,
            'warning',
            change.source,
          )
        : 'source' in change
          ? alertOf(
              own,
              at,
              'source stalled',
              `source ${change.source} held the others back and is left out: windows close without its lines`,
              'warning',
              change.source,
            )
          : alertOf(
              own,
              at,
              'input lost',
              `none of the ${change.sources} sources has a line: the input is lost`,
              'critical',
            );
    raised.put(key, alert);
    return [{ type: 'alert', alert }];
  };
}

const isDating = (what: string): boolean => what === 'misdated' || what === 'dated';

function alertOf(
  tag: Tag,
  at: number,
  problem: string,
  summary: string,
  severity: Alert['severity'],
  source?: string,
): Alert {
  const { key } = entity('service', { service, problem, ...(source === undefined ? {} : { source }) });
  return {
    tag,
    fingerprint: hex(hashText([key, tag.offset].join('\0'))),
    entity: key,
    key: '',
    status: 'firing',
    startsAt: at,
    lastAt: at,
    at,
    severity,
    u: 0,
    // No remedy is called on it: those ask for evidence behind the calibration.
    confidence: 0,
    audit: false,
    context: {
      entity: key,
      key: '',
      start: at,
      end: at,
      arms: [],
      u: 0,
      threshold: 0,
      propensity: 1,
      policy: 'none',
      own: 0,
      believed: '',
      baselines: [],
      direction: 0,
      templates: [],
    },
    explanation: {
      summary,
      rarity: 'not scored: tocsin about its own input',
      standouts: [],
      templates: [],
      detectors: [],
      believed: 'tocsin itself',
      rules: [problem],
    },
    annotations: { problem },
    muted: '',
    changes: [],
  };
}

/** Whether an alert is about tocsin itself; it never heals. */
export const isOwn = ({ tag }: Alert): boolean => tag.source.startsWith('input/');
