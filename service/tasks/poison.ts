/** Which items each topology may go on without, and what is kept of them. */
import { NotReady } from '../../operators/artefact.js';
import { encodeAlert, type Alert } from '../../records/alert.js';
import type { Redriven } from '../../records/dead-letter.js';
import type { SourceItem } from '../../records/raw.js';
import { encodeWindowsRecord, type WindowsRecord } from '../../records/windows.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import type { PoisonOptions } from '../../runtime/poison.js';

export const poisonRecord = (source: string): PoisonOptions<SourceItem> => ({
  offsetOf: (item) => (item.type === undefined ? item.offset : undefined),
  deadLetter: (item) => {
    if (item.type !== undefined) throw new TypeError('a control is never left out');
    const { bytes, start, end, offset, timestamp, topic } = item;
    const all = Uint8Array.prototype.slice.call(bytes, start, end);
    return { source, offset, bytes: all, whole: { timestamp, topic } };
  },
});

export const poisonRedriven: PoisonOptions<ChannelItem<Redriven>> = {
  offsetOf: ({ offset }) => offset,
  deadLetter: ({ record: { source, offset, bytes, timestamp, topic, attempt } }) => ({
    source,
    offset,
    bytes,
    whole: { timestamp, topic },
    attempt: attempt + 1,
  }),
};

const controls: ReadonlySet<WindowsRecord['type']> = new Set([
  'mark',
  'sources',
  'promotion',
  'snapshot',
  'revert',
  'canary',
]);

/** Without one of these controls nothing that follows would be right: the task stops on them. */
export const poisonWindows = (source: string): PoisonOptions<ChannelItem<WindowsRecord>> => ({
  offsetOf: ({ offset, record: { type } }) => (controls.has(type) ? undefined : offset),
  deadLetter: ({ offset, record }) => ({ source, offset, bytes: encodeWindowsRecord(record) }),
  isOutside: (error) => error instanceof NotReady,
});

export const poisonAlert: PoisonOptions<ChannelItem<Alert>> = {
  offsetOf: ({ offset }) => offset,
  deadLetter: ({ offset, record }) => ({ source: 'alerts/0', offset, bytes: encodeAlert(record) }),
};
