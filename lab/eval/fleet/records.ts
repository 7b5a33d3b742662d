/** What the `windows` log would hold of a benchmark fleet: its lines through ingest, two hours of all services at a time. */
import { endOfSource, type SourceItem } from '../../../records/raw.js';
import { decodeWindowsRecord, encodeWindowsRecord, type WindowsRecord } from '../../../records/windows.js';
import { LineCutter } from '../../../connectors/file/lines.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { Pass } from '../../../runtime/pass.js';
import { TaskState } from '../../../runtime/state.js';
import { ingest } from '../../../topologies/ingest.js';
import { pieceMs, type BenchmarkFleet } from './fleet.js';

export interface Piece {
  readonly records: readonly WindowsRecord[];
  /** Event time up to which all is there, ms. */
  readonly until: number;
  readonly lines: number;
  readonly rejected: number;
}

/** Pieces in order of time; the last ends every source. Every record goes through its canonical bytes. */
export async function* fleetRecords(fleet: BenchmarkFleet): AsyncGenerator<Piece> {
  const sources = await Promise.all(
    fleet.services.map(async (service) => {
      const stores = await TaskState.restore(new MemoryBackend(), `ingest/${service.name}`, 1);
      const topology = ingest({
        source: service.name,
        incarnation: 1,
        epoch: stores.epoch,
        stores,
        format: 'auto',
        labels: { service: service.name },
        year: new Date(fleet.start).getUTCFullYear(),
      });
      return {
        name: service.name,
        pieces: fleet.lines(service),
        cutter: new LineCutter({ source: service.name, topic: service.name, offset: 0 }),
        pass: new Pass<SourceItem, WindowsRecord>(topology),
        offset: 0,
      };
    }),
  );
  const names = sources.map(({ name }) => name);
  yield { records: [{ type: 'sources', version: 1, sources: names }], until: fleet.start, lines: 0, rejected: 0 };
  let until = fleet.start;
  for (let open = true; open;) {
    open = false;
    until += pieceMs;
    const records: WindowsRecord[] = [];
    let lines = 0;
    let rejected = 0;
    for (const source of sources) {
      const next = source.pieces.next();
      const cut = next.done ? undefined : source.cutter.push(next.value);
      // A service that is silent holds nobody back.
      const items: SourceItem[] = cut ? [...cut.items, { type: 'idle', watermark: until }] : [endOfSource];
      lines += cut?.items.length ?? 0;
      open ||= cut !== undefined;
      source.offset = cut?.position?.offset ?? source.offset;
      const position = { source: source.name, offset: source.offset };
      for await (const out of source.pass.run({ items, rejected: [], position })) {
        rejected += out.rejected.length;
        for (const record of out.items) records.push(decodeWindowsRecord(encodeWindowsRecord(record)));
      }
    }
    yield { records, until, lines, rejected };
  }
  for (const { pass } of sources) pass.close();
}
