import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipe } from 'rxjs';
import { TopologyTestDriver } from '../../lab/driver.js';
import { openBuiltIn, trainBuiltIn, type BuiltIn } from '../../models/detectors/built-in.js';
import { decode } from '../../operators/decode.js';
import { sign } from '../../operators/sign.js';
import type { Batch } from '../../records/batch.js';
import type { DecodedRecord } from '../../records/log-record.js';
import type { RawRecord, SourceCommand, SourceItem } from '../../records/raw.js';
import { bool } from '../../records/wire/codec.js';
import { detectorSuite, residuals } from '../conformance/detector.js';
import { rangeSource } from './examples/example-connector.js';
import { largestZ } from './examples/example-detector.js';
import { firstSight } from './examples/example-operator.js';

const root = join(__dirname, '..', '..');

test.each(['operator', 'detector', 'connector'])('CONTRIBUTING.md shows the example of a %s as it is', (what) => {
  const file = `test/docs/examples/example-${what}.ts`;
  const blocks = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm);
  expect([...blocks].map(([, code]) => code)).toContain(readFileSync(join(root, file), 'utf8'));
});

describe('the operator', () => {
  const lines = [1, 2, 3, 4, 5, 6].map((n) => `2026-01-05 10:00:0${n} INFO ${n % 2 ? 'took' : 'waited'} ${n} ms`);

  /** Messages that leave, with the lines cut into batches of `size`, each to a task that is restored. */
  async function left(size: number): Promise<string[]> {
    const driver = await TopologyTestDriver.open<SourceItem, DecodedRecord | SourceCommand>((stores) =>
      pipe(decode({ source: 'example', format: 'plain', stores }), sign(), firstSight(stores)),
    );
    const records = lines.map((line, offset): SourceItem => {
      const bytes = Buffer.from(line);
      return { bytes, start: 0, end: bytes.length, offset, timestamp: -1, topic: 'app' };
    });
    const out = await driver.pushCut(records, { lengths: [size], restarts: [true] });
    expect(driver.store('first-sight', bool).size).toBe(2);
    driver.close();
    return out.flatMap((item) =>
      item.type === 'log' ? [Buffer.from(item.bytes.subarray(item.start, item.end)).toString()] : [],
    );
  }

  test.each([1, 2, 4, 6])(
    'passes each kind of line once, in slices of %d with a restart between them',
    async (size) => {
      expect(await left(size)).toEqual(['INFO took 1 ms', 'INFO waited 2 ms']);
    },
  );
});

const columns = ['volume', 'error_share', 'entropy', 'rarity'];
const file = trainBuiltIn(largestZ, {
  schema: 'logs-1',
  columns,
  matrix: residuals(2000, columns.length, 5),
  seed: 1,
  from: 0,
  to: 1,
})!;

detectorSuite({
  name: 'of the example',
  open: () => openBuiltIn(largestZ, file),
  oracle: (detector, rows) => (detector as BuiltIn).oracle(rows),
});

describe('the connector', () => {
  let content = '';
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')![1]);
      // At most seven bytes an answer, so that lines are cut anywhere.
      const piece = Buffer.from(content).subarray(start, start + 7);
      response.writeHead(piece.length > 0 ? 206 : 416).end(piece);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.log`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const textOf = ({ items }: Batch<RawRecord>): string[] =>
    items.map(({ bytes, start, end }) => Buffer.from(bytes.subarray(start, end)).toString());

  test('gives lines whole, those added later too, and goes on from any position', async () => {
    content = 'first line\nsecond';
    const [stop, drain] = [new AbortController(), new AbortController()];
    const seen: string[] = [];
    const positions: { offset: number; lines: number }[] = [];
    for await (const batch of rangeSource(url, 'app', 1).open(undefined, { stop: stop.signal, drain: drain.signal })) {
      seen.push(...textOf(batch));
      positions.push({ offset: batch.position!.offset, lines: seen.length });
      if (content.endsWith('second')) content += ' line\nthird line\n';
      if (seen.length === 3) drain.abort();
    }
    expect(seen).toEqual(['first line', 'second line', 'third line']);
    for (const { offset, lines } of positions) {
      const rest: string[] = [];
      const source = rangeSource(url, 'app', 1);
      const position = { source: 'app', offset };
      for await (const batch of source.open(position, { stop: stop.signal, drain: drain.signal }))
        rest.push(...textOf(batch));
      expect(rest).toEqual(seen.slice(lines));
    }
  });

  test('ends without a fault when it is stopped', async () => {
    content = 'one\n';
    const stop = new AbortController();
    const drain = new AbortController();
    const source = rangeSource(url, 'app', 60_000).open(undefined, { stop: stop.signal, drain: drain.signal });
    const batches = source[Symbol.asyncIterator]();
    expect(textOf((await batches.next()).value as Batch<RawRecord>)).toEqual(['one']);
    setTimeout(() => stop.abort(), 20);
    expect((await batches.next()).done).toBe(true);
  });
});
