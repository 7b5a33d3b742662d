import { mine } from '../../../models/templates/miner.js';
import { emptyLogAggregate } from '../../../records/aggregate.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { seenSignatures, seenTemplates } from '../../../offline/templates/seen.js';

const tag = { source: 's', incarnation: 1, epoch: 1, offset: 0, n: 0 };
const shaped = { tag, entity: 'shop', settings: 1, capped: false };

const log = (pane: number, counts: [number, number][]): WindowsRecord => ({
  type: 'log',
  ...shaped,
  pane,
  aggregate: { ...emptyLogAggregate(), signatures: new Map(counts) },
});
const definition = (signature: number, masked: string, sample: string): WindowsRecord => ({
  type: 'definition',
  tag,
  signature,
  masked,
  sample,
});

const shard = (records: WindowsRecord[]) =>
  async function* () {
    for (const [offset, record] of records.entries()) yield { offset, record };
  };

test('templates with their lines over all shards, an example, and when they were first and last seen', async () => {
  const definitions = [
    definition(1, 'job alpha is done', 'job alpha is done'),
    definition(2, 'job <*> is done', 'job 7 is done'),
    definition(3, 'gone', 'gone'),
  ];
  const session: WindowsRecord = {
    type: 'session',
    ...shaped,
    pane: 120_000,
    key: 'k',
    events: new Map([[3, { count: 2, first: 120_500, last: 121_000 }]]),
  };
  const seen = await seenSignatures([
    shard([...definitions, log(60_000, [[1, 3]]), { type: 'promotion', artefact: 'a', from: 0 }]),
    shard([...definitions, log(0, [[2, 4]]), session, log(180_000, [[2, 1]])]),
  ]);
  expect(seen.artefact).toBe('a');
  const catalogue = mine([
    { signature: 1, masked: 'job alpha is done', count: 1 },
    { signature: 2, masked: 'job <*> is done', count: 1 },
  ]);
  expect(seenTemplates(seen, catalogue)).toEqual([
    {
      id: '00000000000001',
      text: 'job <*> is done',
      known: true,
      count: 8,
      first: 0,
      last: 180_000,
      example: 'job alpha is done',
    },
    { id: '00000000000003', text: 'gone', known: false, count: 2, first: 120_500, last: 121_000, example: 'gone' },
  ]);
});
