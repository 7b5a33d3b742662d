import type { Batch } from '../../../records/batch.js';
import type { Control } from '../../../records/control.js';
import { endOfSource, type SourceItem } from '../../../records/raw.js';
import { withResets } from '../../../service/intake/resets.js';
import { run, records } from '../../operators/ingest-run.js';

const control = (id: string, about: string, value: string, at: number): Control => ({
  id,
  command: 'watermark',
  about,
  value,
  by: 'ann',
  via: 'api',
  why: '',
  at,
});

async function read(said: Map<string, Control>, more?: () => void): Promise<readonly SourceItem[]> {
  const source = {
    async *open(): AsyncGenerator<Batch<SourceItem>> {
      for (let offset = 1; offset <= 3; offset++) {
        if (offset === 3) more?.();
        yield await Promise.resolve({ items: [], rejected: [], position: { source: 'a/0', offset } });
      }
    },
  };
  const never = new AbortController().signal;
  const items: SourceItem[] = [];
  const opened = withResets(source, 'a/0', said).open({ source: 'a/0', offset: 0 }, { stop: never, drain: never });
  for await (const batch of opened) items.push(...batch.items);
  return items;
}

test('what was said of a source, or of all, is put among its records, and what is said meanwhile', async () => {
  const said = new Map([
    ['1', control('1', 'a/0', '1000', 1)],
    ['2', control('2', 'b/0', '2000', 2)],
    ['3', { ...control('3', '', '3000', 3), command: 'stop' as const }],
  ]);
  const items = await read(said, () => said.set('4', control('4', '', '4000', 4)));
  expect(items).toEqual([
    { type: 'reset', watermark: 1000, said: 1 },
    { type: 'reset', watermark: 4000, said: 4 },
  ]);
});

test('what was said once counts once, although it is heard again after every start', async () => {
  const at = (seconds: number): string => `2026-01-05 10:${String(seconds / 60).padStart(2, '0')}:00 INFO a`;
  const lines = records([at(0), at(60), at(120), at(180), at(240), at(600)]);
  const reset: SourceItem = { type: 'reset', watermark: Date.UTC(2026, 0, 5, 10, 0), said: 5 };
  const late = records([at(0), at(60)]).map((item) => ('bytes' in item ? { ...item, offset: item.offset + 10 } : item));
  const twice = await run([lines, [reset], late, records([at(600)]), [reset], late, [endOfSource]], {}, true);
  expect(twice.rejected.map(({ reason }) => reason)).toEqual(['late', 'late']);
});
