/**
 * Natural and decimal logarithm from + - * / and the bits of a double, so that every processor and every version of
 * Node gives the same bits (Math.log does not promise that). Error below 1 unit in the last place for `ln`, 2 for
 * `log10`. Method and constants: Sun's fdlibm, e_log.c and e_log10.c (1993).
 */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const LOG10_OF_2_HIGH = 3.01029995663611771306e-1;
const LOG10_OF_2_LOW = 3.69423907715893078616e-13;
const LOG10_OF_E = 4.34294481903251816668e-1;
const TWO_54 = 18014398509481984;

/** A double and its two words. A module variable would box every mantissa that is put into it. */
const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** x = mantissa * 2^exponent for a positive finite x, subnormal ones too: leaves the mantissa, in [1, 2), in `number`. */
function split(x: number): number {
  let shift = 0;
  if (x < 2.2250738585072014e-308) {
    x *= TWO_54;
    shift = -54;
  }
  number[0] = x;
  const word = words[high]!;
  words[high] = (word & 0xfffff) | 0x3ff00000;
  return (word >>> 20) - 1023 + shift;
}

/** What a logarithm gives outside the positive finite numbers. */
const special = (x: number): number => (x === 0 ? -Infinity : x === Infinity ? Infinity : NaN);

/** ln(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)], plus k ln 2. */
function series(f: number, k: number): number {
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  return k * LN2_HIGH - (half - (s * (half + even + odd) + k * LN2_LOW) - f);
}

/** Natural logarithm: NaN below 0, -Infinity at 0. */
export function ln(x: number): number {
  if (!(x > 0 && x < Infinity)) return special(x);
  const exponent = split(x);
  const mantissa = number[0]!;
  return mantissa > Math.SQRT2 ? series(mantissa * 0.5 - 1, exponent + 1) : series(mantissa - 1, exponent);
}

/** Decimal logarithm: NaN below 0, -Infinity at 0. Powers of ten up to 10^22 give the integer. */
export function log10(x: number): number {
  if (!(x > 0 && x < Infinity)) return special(x);
  const exponent = split(x);
  const mantissa = number[0]!;
  // Below 1 the mantissa is halved and the exponent raised, so that both terms have one sign and nothing cancels.
  const k = exponent < 0 ? exponent + 1 : exponent;
  const rest = exponent < 0 ? mantissa * 0.5 : mantissa;
  return k * LOG10_OF_2_LOW + LOG10_OF_E * ln(rest) + k * LOG10_OF_2_HIGH;
}
