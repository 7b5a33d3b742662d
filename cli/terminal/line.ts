/** Lines with texts of others in them. */
import { visible } from './columns.js';

/**
 * A text in which every value is on the line where it stands: a line break in it is shown as `\n`, so that no value can
 * look like a line of tocsin's own. Everything that commands print with values in it is made by this (a lint rule).
 *
 * @example line`breaker ${'team=a'} is open: ${'x\nbreaker team=b is closed'}`
 * // 'breaker team=a is open: x\\nbreaker team=b is closed'
 */
export const line = (parts: TemplateStringsArray, ...values: readonly unknown[]): string =>
  parts.reduce((text, part, i) => text + (i === 0 ? '' : shown(values[i - 1])) + part, '');

/** A value as it is put into a line. */
export const shown = (value: unknown): string =>
  typeof value === 'string' ? visible(value) : value instanceof Error ? visible(value.message) : visible(String(value));
