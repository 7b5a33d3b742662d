/** Words of the command line in messages: a line break in one is shown, so that it cannot begin a line of its own. */
import { visible } from './columns.js';

/** @param given - the arguments as they came */
export const withVisible = (text: string, given: readonly string[]): string =>
  given.reduce(
    (shown, argument) => (visible(argument) === argument ? shown : shown.replaceAll(argument, () => visible(argument))),
    text,
  );
