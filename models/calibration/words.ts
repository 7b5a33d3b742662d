/** A return level in words, for alerts and the console. */
import { exp } from '../exact/exp.js';
import { ln } from '../exact/log.js';
import { U_MIN } from './defaults.js';

const LN_10 = ln(10);
const WEEKS_A_MONTH = 4.348;
const WEEKS_A_YEAR = 52.18;
/** No past is long enough to say more. */
const MOST_YEARS = 10;

const often = (count: number): string => (count < 1.5 ? 'once' : count < 2.5 ? 'twice' : `${Math.round(count)} times`);
const rarer = (count: number, unit: string): string => {
  const whole = Math.floor(count + 1e-9);
  return `expected less than once in ${whole === 1 ? `a ${unit}` : `${whole} ${unit}s`}`;
};

/**
 * How rare a return level is.
 *
 * @example inWords(0.5) // expected less than once in 3 weeks
 * @example inWords(-0.5) // expected about 3 times a week
 */
export function inWords(u: number): string {
  if (u <= U_MIN) return 'nothing unusual';
  const weeks = exp(u * LN_10);
  if (weeks < 1 / 10) return `expected about ${often(1 / weeks / 7)} a day`;
  if (weeks < 2) return `expected about ${often(Math.max(1, 1 / weeks))} a week`;
  if (weeks < 2 * WEEKS_A_MONTH) return rarer(weeks, 'week');
  if (weeks < 2 * WEEKS_A_YEAR) return rarer(weeks / WEEKS_A_MONTH, 'month');
  return rarer(Math.min(MOST_YEARS, weeks / WEEKS_A_YEAR), 'year');
}

/** The rarity of a session in words. @param u `-log10` of the share of past sessions that are about like it */
export function amongInWords(u: number): string {
  const among = Math.min(10_000, Math.round(exp(u * LN_10)));
  const digits = among >= 1000 ? 1000 : among >= 100 ? 100 : among >= 20 ? 10 : 1;
  const round = Math.round(among / digits) * digits;
  return among >= 10_000 ? 'hardly any past session is like it' : `about 1 in ${round} past sessions is like it`;
}
