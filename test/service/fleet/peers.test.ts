/** What members publish of their sources beside committed offsets, and what is read of it. */
import fc from 'fast-check';
import { decodeProgress, encodeProgress, Peers } from '../../../service/fleet/peers.js';
import { kafkaOf } from '../../builders/committed-offsets.js';

test('what is written is read back', () => {
  const progressed = fc.record({
    watermark: fc.nat(4e12),
    kind: fc.constantFrom('data' as const, 'idle' as const, 'stalled' as const, 'end' as const),
    incarnation: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(progressed, ({ incarnation, ...rest }) => {
      const one = incarnation === undefined ? rest : { ...rest, incarnation };
      expect(decodeProgress(encodeProgress(one))).toEqual(one);
    }),
  );
});

test.each([null, '', 'data', 'gone 5', 'data -1', 'data 1e3', 'data 12 @', 'anything else'])(
  '%j says nothing',
  (text) => expect(decodeProgress(text)).toBeUndefined(),
);

test('the last marks of all partitions, without those that another program wrote', async () => {
  const committed = {
    g: { 'a/0': [3, 'data 1000'], 'a/1': [4, 'x'], 'b/0': [0, 'end 2000 @2'], 'c/0': [1, 'data 1'] },
  };
  const { kafka, open } = kafkaOf({ committed: committed as never });
  const peers = new Peers(kafka, 'g');
  await peers.connect();
  expect(await peers.read(['a', 'b'])).toEqual(
    new Map([
      ['a/0', { watermark: 1000, kind: 'data' }],
      ['b/0', { watermark: 2000, kind: 'end', incarnation: 2 }],
    ]),
  );
  await peers.close();
  expect(open()).toBe(0);
});
