/**
 * Prometheus remote write 1 and 2: Protobuf in a block of Snappy, as it is posted, or without it.
 * https://prometheus.io/docs/specs/prw/remote_write_spec_2_0
 */
import { uncompressSync } from 'snappy';
import { WireError, WireReader, wireTypes } from '../../records/wire/protobuf.js';
import { emitPoint, type PointReading } from './point.js';

/** What is unpacked at most, bytes. */
const maxUnpacked = 32 * 1024 * 1024;

interface RemoteSample {
  /** `_count`, `_sum`, or nothing. */
  readonly suffix: string;
  readonly value: number;
  /** ms. */
  readonly time: number;
}

interface Series {
  readonly labels: Record<string, string>;
  readonly samples: readonly RemoteSample[];
}

/** The length that a block of Snappy says it has: a varint in front; -1 where it is none. */
function unpackedLength(bytes: Uint8Array, start: number, end: number): number {
  let length = 0;
  let scale = 1;
  for (let i = start; i < Math.min(end, start + 5); i++) {
    length += (bytes[i]! & 0x7f) * scale;
    if (bytes[i]! < 0x80) return length;
    scale *= 128;
  }
  return -1;
}

/** What `bytes[start, end)` hold as series, or undefined where they are no request of remote write. */
export function remoteWriteSeries(bytes: Uint8Array, start: number, end: number): readonly Series[] | undefined {
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const length = unpackedLength(packed, 0, packed.length);
  if (length > 0 && length <= maxUnpacked) {
    let unpacked: Buffer | undefined;
    try {
      unpacked = uncompressSync(packed) as Buffer;
    } catch {
      unpacked = undefined;
    }
    const series = unpacked && seriesOf(unpacked);
    if (series) return series;
  }
  return seriesOf(packed);
}

function seriesOf(bytes: Uint8Array): readonly Series[] | undefined {
  try {
    const symbols: string[] = [];
    const first: WireReader[] = [];
    const second: WireReader[] = [];
    const request = new WireReader(bytes, 0, bytes.length);
    while (request.next()) {
      const { field, type } = request;
      if (type !== wireTypes.bytes) return undefined;
      if (field === 1) first.push(request.message());
      else if (field === 4) symbols.push(request.text());
      else if (field === 5) second.push(request.message());
      else if (field !== 3) return undefined;
    }
    if (first.length + second.length === 0) return undefined;
    const all = [...first.map(seriesOf1), ...second.map((reader) => seriesOf2(reader, symbols))];
    return all.every((one) => one !== undefined) ? all : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** `TimeSeries` of version 1: pairs of name and value. */
function seriesOf1(reader: WireReader): Series | undefined {
  const labels: Record<string, string> = {};
  const samples: RemoteSample[] = [];
  while (reader.next()) {
    if (reader.type !== wireTypes.bytes) return undefined;
    if (reader.field === 1) {
      const pair = reader.message();
      let name = '';
      let value = '';
      while (pair.next()) {
        if (pair.type !== wireTypes.bytes) return undefined;
        if (pair.field === 1) name = pair.text();
        else if (pair.field === 2) value = pair.text();
      }
      labels[name] = value;
    } else if (reader.field === 2) samples.push(sampleOf(reader.message()));
    else if (reader.field === 4) samples.push(...histogramOf(reader.message()));
  }
  return Object.keys(labels).length > 0 ? { labels, samples } : undefined;
}

/** `TimeSeries` of version 2: names and values are places in the list of symbols. */
function seriesOf2(reader: WireReader, symbols: readonly string[]): Series | undefined {
  const places: number[] = [];
  const samples: RemoteSample[] = [];
  while (reader.next()) {
    const { field, type } = reader;
    if (field === 1 && type === wireTypes.varint) places.push(reader.low);
    else if (field === 1 && type === wireTypes.bytes) places.push(...packedOf(reader));
    else if (field === 2 && type === wireTypes.bytes) samples.push(sampleOf(reader.message()));
    else if (field === 3 && type === wireTypes.bytes) samples.push(...histogramOf(reader.message()));
  }
  if (places.length === 0 || places.length % 2 !== 0 || places.some((place) => place >= symbols.length))
    return undefined;
  const labels: Record<string, string> = {};
  for (let i = 0; i < places.length; i += 2) labels[symbols[places[i]!]!] = symbols[places[i + 1]!]!;
  return { labels, samples };
}

/** Packed numbers of 32 bits. */
function packedOf({ bytes, from, to }: WireReader): number[] {
  const numbers: number[] = [];
  let number = 0;
  let scale = 1;
  for (let i = from; i < to; i++) {
    number += (bytes[i]! & 0x7f) * scale;
    scale *= 128;
    if (bytes[i]! >= 0x80) continue;
    numbers.push(number);
    number = 0;
    scale = 1;
  }
  return numbers;
}

function sampleOf(reader: WireReader): RemoteSample {
  let value = 0;
  let time = 0;
  while (reader.next()) {
    if (reader.field === 1 && reader.type === wireTypes.fixed64) value = reader.double();
    else if (reader.field === 2 && reader.type === wireTypes.varint) time = reader.signed();
    else if (reader.field < 3) throw new WireError('a sample has fields of another kind');
  }
  return { suffix: '', value, time };
}

/** Count and sum of a native histogram. */
function histogramOf(reader: WireReader): RemoteSample[] {
  let count = 0;
  let sum = 0;
  let time = 0;
  while (reader.next()) {
    if (reader.field === 1 && reader.type === wireTypes.varint) count = reader.unsigned();
    else if (reader.field === 2 && reader.type === wireTypes.fixed64) count = reader.double();
    else if (reader.field === 3 && reader.type === wireTypes.fixed64) sum = reader.double();
    else if (reader.field === 15 && reader.type === wireTypes.varint) time = reader.signed();
  }
  return [
    { suffix: '_count', value: count, time },
    { suffix: '_sum', value: sum, time },
  ];
}

/**
 * Gives the samples of a write request to a reading.
 *
 * @param series as the request has them
 */
export function readRemoteWrite(series: readonly Series[], reading: PointReading): void {
  let samples = 0;
  for (const { labels, samples: own } of series)
    for (const { suffix, value, time } of own) {
      samples++;
      emitPoint({ ...reading, part: JSON.stringify(labels) }, (labels.__name__ ?? '') + suffix, labels, value, time);
    }
  if (samples === 0) reading.sink.passed();
}
