/** CRC-32C (Castagnoli, RFC 3720 B.4), as record batches of Kafka carry it; eight bytes a step ("slicing by 8"). */

/** Reversed polynomial 0x1edc6f41. */
const polynomial = 0x82f63b78;

const tables = ((): Int32Array[] => {
  const all = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    all[0]![n] = crc;
  }
  for (let n = 0; n < 256; n++)
    for (let t = 1; t < 8; t++) all[t]![n] = (all[t - 1]![n]! >>> 8) ^ all[0]![all[t - 1]![n]! & 0xff]!;
  return all;
})();
type Tables = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as Tables;

/** The checksum of `bytes[start, end)`, a signed 32-bit number as `readInt32BE` gives it. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (const last = end - 7; at < last; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      t7[low & 0xff]! ^
      t6[(low >>> 8) & 0xff]! ^
      t5[(low >>> 16) & 0xff]! ^
      t4[low >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc;
}
