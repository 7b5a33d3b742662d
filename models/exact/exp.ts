/**
 * e^x from + - * / and the bits of a double, so that every processor and every version of Node gives the same bits
 * (Math.exp does not promise that). Error below 1 unit in the last place. Method and constants: Sun's fdlibm, e_exp.c.
 */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const ONE_OVER_LN2 = 1.442695040888963387;
/** Above this the result is Infinity. */
const OVERFLOW = 709.782712893383973096;
/** Below this the result is 0. */
const UNDERFLOW = -745.13321910194110842;

const bits = new DataView(new ArrayBuffer(8));

/** 2^k for an integer k in [-1022, 1023]. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** e to the power x; 0 for -Infinity, Infinity for Infinity, NaN for NaN. */
export function exp(x: number): number {
  if (x !== x) return NaN;
  if (x > OVERFLOW) return Infinity;
  if (x < UNDERFLOW) return 0;
  // x = k ln 2 + high - low, with |high - low| at most ln(2) / 2.
  const k = Math.floor(x * ONE_OVER_LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // In two steps, since 2^k alone may lie outside the doubles where the result does not.
  if (k > 1023) return y * 2 * powerOfTwo(k - 1);
  if (k < -1022) return y * powerOfTwo(k + 1000) * powerOfTwo(-1000);
  return y * powerOfTwo(k);
}
