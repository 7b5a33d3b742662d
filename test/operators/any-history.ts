/** Lines whose times go on as in real logs, for properties of `ingest`. */
import fc from 'fast-check';
import { records } from './ingest-run.js';
import type { SourceItem } from '../../records/raw.js';
import type { IngestRecord } from '../../records/windows.js';

/** ms */
export const start = Date.UTC(2026, 0, 5, 12);
export const stamp = (ms: number) => new Date(start + ms).toISOString();
export const at = (ms: number, text = 'INFO hello') => `${stamp(ms)} ${text}`;
export const ofType = <T extends IngestRecord['type']>(items: readonly IngestRecord[], type: T) =>
  items.filter((item): item is Extract<IngestRecord, { type: T }> => item.type === type);
export const parts = { sessions: [{ class: 'job', pattern: 'job-[0-9a-f]+' }] };

const message = fc.oneof(
  fc.constantFrom(
    'INFO started',
    'WARN slow 12 ms',
    'ERROR job-1f failed',
    'ERROR job-2a failed password=hunter2',
    'INFO job-1f and job-2a, job-1f',
    'no level user=5',
  ),
  fc.nat(1000).map((n) => `INFO took ${n}ms for job-${n % 7}`),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replaceAll('\n', ' ')),
);
/** Times go on, with some lateness, a few real jumps and a few false ones. */
export const history = fc
  .array(
    fc.record({
      step: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 3_000_000, max: 9_000_000 }) },
      ),
      back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(150_000) }),
      ahead: fc.oneof({ weight: 15, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(50 * 3_600_000) }),
      shape: fc.constantFrom('plain', 'plain', 'json', 'continuation', 'broken'),
      text: message,
      idle: fc.oneof({ weight: 20, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(300_000) }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let now = 0;
    const lines: (string | SourceItem)[] = [];
    for (const { step, back, ahead, shape, text, idle } of steps) {
      now += step;
      const time = Math.max(0, now - back) + ahead;
      if (shape === 'json') lines.push(JSON.stringify({ ts: stamp(time), msg: text, service: `s${text.length % 3}` }));
      else if (shape === 'plain') lines.push(at(time, text));
      else lines.push(shape === 'broken' ? '{"ts": nonsense' : `\tat com.Foo(Bar.java:1)`);
      if (idle >= 0) lines.push({ type: 'idle', watermark: start + now + idle });
      if (idle > 250_000) lines.push({ type: 'lost', watermark: 0 });
    }
    return records(lines);
  });
