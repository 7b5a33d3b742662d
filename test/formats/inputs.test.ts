/** What relabel rules see of a record besides its lines: key and headers. */
import type { LineFate } from '../../operators/decode/fate.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import { run } from '../operators/ingest-run.js';

const relabel = [
  { source_labels: ['key'], regex: '(.+)', target_label: 'service', replacement: '$1' },
  { source_labels: ['header_tenant'], regex: '(.+)', target_label: 'tenant', replacement: '$1' },
];

test('rules make labels of the key and headers of a record, also of values that hold many records', async () => {
  const said: string[] = [];
  const fate = (one: LineFate): void => {
    if (one.fate === 'read' && one.record) said.push(JSON.stringify(one.record.entity.labels));
  };
  const value = (text: string, offset: number, inputs?: Record<string, string>): SourceItem => {
    const bytes = Buffer.from(text);
    const at = { offset, timestamp: 1_772_600_767_000, topic: 'logs' };
    return { bytes, start: 0, end: bytes.length, ...at, ...(inputs ? { inputs } : {}) };
  };
  const line = '2026-03-04T05:06:07Z INFO hi';
  const otlp =
    '{"resourceLogs":[{"resource":{},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1772600767000000000","body":{"stringValue":"x"}}]}]}]}';
  const both = { key: 'cart', header_tenant: 'acme' };
  await run(
    [[value(line, 0, both), value(line, 1, { key: 'pay' }), value(line, 2), value(otlp, 3, both), endOfSource]],
    {
      relabel,
      fate,
    },
  );
  expect(said.map((text) => JSON.parse(text) as unknown)).toEqual([
    { service: 'cart', tenant: 'acme' },
    { service: 'pay' },
    { service: 'logs' },
    { service: 'cart', tenant: 'acme' },
  ]);
});
