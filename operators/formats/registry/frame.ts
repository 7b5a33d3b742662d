/**
 * The frame that Confluent's serializers put around a value: a zero byte, the schema's id in four bytes big-endian, the
 * payload (Confluent docs, "Wire format"). Protobuf payloads begin with the indexes of their message.
 */

/** Bytes before the payload. */
export const frameBytes = 5;

/** The schema id of the frame `bytes[start, end)`, or -1 where it is none. Ids are positive 31-bit numbers. */
export function schemaIdOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < frameBytes || bytes[start] !== 0 || bytes[start + 1] >= 0x80) return -1;
  return (bytes[start + 1] << 24) | (bytes[start + 2] << 16) | (bytes[start + 3] << 8) | bytes[start + 4];
}

/** Most message indexes of a Protobuf payload: how deep its message is nested in others. */
const mostIndexes = 32;

export interface MessageIndexes {
  /** Index of the message among those of the file, then among those nested in it, and so on. */
  readonly path: readonly number[];
  /** Where the message begins. */
  readonly end: number;
}

const first = [0];

/** Message indexes at `from`: their number and then each as zigzag varints; a single 0 stands for `[0]`. */
export function messageIndexes(bytes: Uint8Array, from: number, to: number): MessageIndexes | undefined {
  if (from < to && bytes[from] === 0) return { path: first, end: from + 1 };
  let at = from;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= to) return -1;
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value & 1) === 1 ? -1 : value >>> 1;
    }
    return -1;
  };
  const count = next();
  if (count < 1 || count > mostIndexes) return undefined;
  const path: number[] = [];
  for (let i = 0; i < count; i++) {
    const index = next();
    if (index < 0) return undefined;
    path.push(index);
  }
  return { path, end: at };
}
