/** Days in options. */
import { StartError } from '../../runtime/start-error.js';

/** @throws StartError where the value of an option is no day of the calendar, as `2026-01-05` */
export function checkDay(option: string, day: string): void {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)))
    throw new StartError(`${option} ${day} is no day: write for example 2026-01-05`);
}
