/**
 * Scores of any scale as small ordered integers: the first 18 bits of the float32 in an order-preserving form, that is
 * 512 steps an octave (0.2 %). Detectors differ by orders of magnitude in scale; relative steps suit them all, and no
 * logarithm is needed.
 */
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);
const LARGEST = 3e38;

/** Below every score. */
export const NO_KEY = 0;

/** The key of a score, 1 to 262,143; a higher score never has a lower key. Throws a RangeError on NaN. */
export function keyOf(score: number): number {
  if (Number.isNaN(score)) throw new RangeError('a score is NaN: the scorer has to reject it');
  float[0] = score > LARGEST ? LARGEST : score < -LARGEST ? -LARGEST : score;
  float[0] += 0; // -0 is 0, also where float32 makes it of something smaller
  const pattern = bits[0]!;
  return (pattern < 0 ? ~pattern : pattern | 0x80000000) >>> 14;
}

/** The lowest score of a key. */
export function scoreOf(key: number): number {
  const ordered = (key << 14) >>> 0;
  bits[0] = ordered >= 0x80000000 ? ordered & 0x7fffffff : ~ordered;
  return float[0]!;
}

/** Buckets are keys cut to 32 steps an octave. */
export const bucketOf = (key: number): number => key >>> 4;
/** The lowest score of a bucket. */
export const bucketScore = (bucket: number): number => scoreOf(bucket << 4);
