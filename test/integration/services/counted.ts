/** What the `windows` log of a run holds, whatever was written to it twice. */
import { SegmentLogReader } from '../../../connectors/segment-log/reader.js';
import { decodeWindowsRecord, type IngestRecord, type Tag } from '../../../records/windows.js';

/** Records of the first shard that have a tag, each once. @param state - folder of the run's state */
export async function countedRecords(state: string): Promise<IngestRecord[]> {
  const reader = await SegmentLogReader.open({ folder: `${state}/log/windows` });
  const counted: IngestRecord[] = [];
  const last = new Map<string, Tag>();
  for (let next = 0; ;) {
    const records = await reader.read(0, next, 1000);
    if (records.length === 0) break;
    for (const { offset, value } of records) {
      next = offset + 1;
      const record = decodeWindowsRecord(value);
      if (!('tag' in record)) continue;
      const { tag } = record;
      const known = last.get(tag.source);
      const isRepeat =
        known?.incarnation === tag.incarnation &&
        (tag.offset < known.offset || (tag.offset === known.offset && tag.n <= known.n));
      if (isRepeat) continue;
      last.set(tag.source, tag);
      counted.push(record);
    }
  }
  await reader.close();
  return counted;
}
