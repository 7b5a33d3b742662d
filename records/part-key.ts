/** Parts of a service: the route that a request was for, and the replica that wrote the line, each as a number. */

const prime = 0x01000193;
const slash = 0x2f;
/** More of a route says no more of what is done. */
const maxSegments = 5;
/** A longer segment is an identifier, as is one with a digit that is no version. */
const maxSegment = 32;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Whether `bytes[from, to)` names a resource, not what it is about: `v1`, but not `4711`. */
function isLiteral(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > maxSegment) return false;
  let digits = 0;
  for (let i = from; i < to; i++) {
    if (isDigit(bytes[i]!)) digits++;
    else if (bytes[i] === 0x25 || bytes[i] === 0x3d) return false;
  }
  return digits === 0 || (to - from <= 3 && (bytes[from]! | 0x20) === 0x76);
}

/**
 * Number of the route `bytes[from, to)`: a path or an address with one, or the name of a method. Identifiers, the query and
 * what comes behind some segments do not count. 32 bits; 0 where it is empty.
 */
export function routeKey(bytes: Uint8Array, from: number, to: number): number {
  // The host of an address is none of the route.
  for (let i = from; i + 2 < to && i < from + 8; i++) {
    if (bytes[i] !== 0x3a || bytes[i + 1] !== slash || bytes[i + 2] !== slash) continue;
    from = i + 3;
    while (from < to && bytes[from] !== slash) from++;
    break;
  }
  let hash = 0x811c9dc5 | 0;
  let segments = 0;
  for (let i = from; i < to && segments < maxSegments;) {
    if (bytes[i] === 0x3f || bytes[i] === 0x23 || bytes[i] === 0x20 || bytes[i] === 0x22) break;
    if (bytes[i] === slash) {
      i++;
      continue;
    }
    const begin = i;
    while (
      i < to &&
      bytes[i] !== slash &&
      bytes[i] !== 0x3f &&
      bytes[i] !== 0x23 &&
      bytes[i] !== 0x20 &&
      bytes[i] !== 0x22
    )
      i++;
    segments++;
    hash = Math.imul(hash ^ slash, prime);
    if (!isLiteral(bytes, begin, i)) hash = Math.imul(hash ^ 0x2a, prime);
    else for (let k = begin; k < i; k++) hash = Math.imul(hash ^ bytes[k]!, prime);
  }
  return from < to ? hash >>> 0 || 1 : 0;
}

/** Number of a replica's name. 32 bits; 0 where it is empty. */
export function replicaKey(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x9747b28c | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, prime);
  return from < to ? hash >>> 0 || 1 : 0;
}
