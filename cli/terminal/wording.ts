/** Numbers and times as people read them. All times are UTC. */

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** `14:05` */
export function clock(time: number): string {
  const date = new Date(time);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** `Mon 12 Jan 14:05` */
export function moment(time: number): string {
  const date = new Date(time);
  return `${days[date.getUTCDay()]} ${two(date.getUTCDate())} ${months[date.getUTCMonth()]} ${clock(time)}`;
}

/** `40 s`, `6 min`, `1 h 20 min`, `2 days` */
export function span(ms: number): string {
  if (ms < 60_000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  if (minutes >= 2880) return `${Math.round(minutes / 1440)} days`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** `1,234,567` */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Three significant digits, without an exponent where that can be read: `0.0041`, `12.5`, `1,230`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return whole(value);
  if (size !== 0 && size < 0.0001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

export const plural = (count: number, noun: string): string => `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
