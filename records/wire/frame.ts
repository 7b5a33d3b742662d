/**
 * The frame that Confluent's serializers put around a value: a zero byte, the schema's id in four bytes big-endian, the
 * payload (Confluent documentation, "Wire format").
 */

/** Bytes before the payload. */
export const frameBytes = 5;

/** The schema id of the frame `bytes[start, end)`, or -1 where it is none. Ids are positive 31-bit numbers. */
export function schemaIdOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < frameBytes || bytes[start] !== 0 || bytes[start + 1]! >= 0x80) return -1;
  return (bytes[start + 1]! << 24) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 8) | bytes[start + 4]!;
}
