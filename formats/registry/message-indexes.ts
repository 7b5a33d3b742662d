/** Which message of its file a Protobuf payload is: Confluent's serializers write it in front ("Wire format"). */

/** Most message indexes of a Protobuf payload: how deep its message is nested in others. */
const maxIndexes = 32;

/** The message of a payload, and where it begins. */
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
      const byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value & 1) === 1 ? -1 : value >>> 1;
    }
    return -1;
  };
  const count = next();
  if (count < 1 || count > maxIndexes) return undefined;
  const path: number[] = [];
  for (let i = 0; i < count; i++) {
    const index = next();
    if (index < 0) return undefined;
    path.push(index);
  }
  return { path, end: at };
}
