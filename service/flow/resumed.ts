/** Where the sources of an earlier run are, told from its log: nobody waits for what it had read already. */
import { isProgress, type Mark, type WindowsRecord } from '../../records/windows.js';
import type { Flow } from './flow.js';

/**
 * Tells a flow how far each source has come and where it begins.
 *
 * @param records all of `windows`, a shard after the other
 */
export async function resumeFlow(flow: Flow, records: AsyncIterable<WindowsRecord>): Promise<void> {
  const panes = new Map<string, number>();
  const marks = new Map<string, Mark>();
  for await (const record of records) {
    // A mark of the reader's clock has the time of day: with it a source would seem to be ahead of all others.
    if (record.type === 'mark' && isProgress(record)) marks.set(record.tag.source, record);
    if (!('pane' in record)) continue;
    const { source } = record.tag;
    panes.set(source, Math.min(record.pane, panes.get(source) ?? record.pane));
  }
  for (const [source, { watermark, kind }] of marks) {
    const pane = panes.get(source);
    // Panes without a mark behind them are written again.
    if (pane !== undefined && pane < watermark) flow.began(source, pane);
    flow.mark(source, watermark, kind);
  }
}
