/** Times, numbers and names for people. All times are UTC, as in logs. */
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** `06:26` */
export function clock(time: string | number): string {
  const date = new Date(time);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** `Mon 12 Jan` */
export function day(time: string | number): string {
  const date = new Date(time);
  return `${days[date.getUTCDay()]} ${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
}

/** `Mon 12 Jan 06:26` */
export const moment = (time: string | number): string => `${day(time)} ${clock(time)}`;

/** `4 min`, `3 h`, `2 d` */
export function lasting(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 90) return `${minutes} min`;
  const hours = minutes / 60;
  return hours < 36 ? `${trim(hours)} h` : `${trim(hours / 24)} d`;
}

const trim = (value: number): string => String(Number(value.toFixed(1)));

/** Three significant digits at most. */
export function short(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3)));
}

export const whole = (value: number): string => value.toLocaleString('en');
export const plural = (n: number, one: string, many = `${one}s`): string => `${whole(n)} ${n === 1 ? one : many}`;

/** `latency p95` */
export const featureName = (name: string): string => name.replaceAll('_', ' ');

/** What is shown of an entity beside its service. */
export function restOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => name !== 'service')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** `payments` of `service{service="payments"}`, with its kind where that is none of a service; the key where it has no service. */
export function entityName(key: string): string {
  const service = /[{,]service="((?:[^"\\]|\\.)*)"/.exec(key)?.[1];
  const kind = key.slice(0, key.indexOf('{'));
  return service === undefined ? key : kind === 'service' ? service : `${service} ${kind}`;
}

export const verdictWords = {
  anomaly: 'anomaly',
  'not-anomaly': 'false alert',
  expected: 'expected',
  'new-normal': 'new normal',
} as const;

/** Verdicts by their keys. */
export const verdictKeys = ['anomaly', 'not-anomaly', 'expected', 'new-normal'] as const;
