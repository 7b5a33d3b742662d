/** Records of channels and of state through their codecs: whatever was read is written and read alike. */
import { deadLetter } from '../../../records/dead-letter.js';
import { alertCodec } from '../../../records/alert.js';
import { decode, encode, type Codec } from '../../../records/wire/codec.js';
import { notificationCodec } from '../../../records/notification.js';
import { schemaCodec } from '../../../records/schema.js';
import { decisionCodec } from '../../../records/score.js';
import { windowsRecord } from '../../../records/windows.js';
import { Finding, type Target } from '../target.js';
import { corpusOf } from './corpus.js';
import type { Sample } from './sampled-stores.js';

/** @throws Finding where bytes are neither refused with a RangeError nor come back from what they were read as */
function check({ name, codec }: Sample, bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = decode(codec, bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw new Finding(`${name} answers bytes with ${String(error)}: a RangeError is what its callers expect`, {
      cause: error,
    });
  }
  let written: Uint8Array;
  try {
    written = encode(codec, value);
  } catch (error) {
    throw new Finding(`${name} reads what it cannot write: ${String(error)}`, { cause: error });
  }
  const again = encode(codec, decode(codec, written));
  if (!again.equals(written)) throw new Finding(`${name} does not read what it writes`);
  return value;
}

/** One target a codec. */
export async function codecTargets(): Promise<Target[]> {
  const { windows, decisions, alerts, notifications, state } = await corpusOf();
  const sampled = <T>(name: string, codec: Codec<T>, values: readonly T[]): Sample[] =>
    values.map((value) => ({ name, codec: codec, bytes: encode(codec, value) }));
  const samples = [
    ...sampled('windows', windowsRecord, windows),
    ...sampled('decisions', decisionCodec, decisions),
    ...sampled('alerts', alertCodec, alerts),
    ...sampled('notifications', notificationCodec, notifications),
    ...sampled('dead-letters', deadLetter, [
      { reason: 'late', detail: 'too late', source: 'a/0', offset: 7, time: 17, bytes: Buffer.from('line'), at: 1 },
      {
        reason: 'delivery-expired',
        detail: 'a: late',
        source: 'respond/a',
        offset: 0,
        delivery: { id: 'a', payload: Buffer.from('{}') },
        at: 1,
      },
    ]),
    ...sampled('schemas', schemaCodec, [
      { type: 'AVRO', text: '"string"', references: [{ name: 'a.B', text: '"int"' }] },
    ]),
    ...state,
  ];
  const byName = new Map<string, Sample[]>();
  for (const sample of samples) byName.set(sample.name, [...(byName.get(sample.name) ?? []), sample]);
  return [...byName].map(([name, of]) => ({
    name: `codec-${name}`,
    corpus: of.map(({ bytes }) => bytes),
    dictionary: [],
    batch: 16,
    take(inputs) {
      for (const bytes of inputs) check(of[0]!, bytes);
    },
  }));
}
