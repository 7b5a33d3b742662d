/** The one way to read a configuration: the schema, and what it cannot check (templates, calendars, addresses). */
import { StartError } from '../runtime/start-error.js';
import { readRowRules } from './features/row-rules.js';
import { rangesOf } from './flow/calendar-clock.js';
import { expandGlobs } from './intake/globs.js';
import type { Misfit } from '../config/cross-check.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { addressGuard, literalAddress, refusedAs } from '../connectors/webhook/address.js';
import { exampleSummaryView, exampleView } from '../connectors/webhook/example.js';
import { templateProblems, type JsonValue, type TemplateView } from '../connectors/webhook/template.js';

/** Every check beyond the schema. */
export const configurationChecks = [templateMisfits, calendarMisfits, addressMisfits, suiteMisfits] as const;

/**
 * Reads a configuration with every check: what one command accepts, all accept.
 *
 * @throws ConfigError with every problem found, each with file, line and column
 */
export const readConfig = (file: string): Config => expandGlobs(loadConfig(file, process.env, configurationChecks));

/** Templates that are broken, or that name what no alert has. */
export function templateMisfits({ respond }: Config): Misfit[] {
  const misfits: Misfit[] = [];
  const check = (path: readonly PropertyKey[], tree: unknown, view: TemplateView): void => {
    for (const message of templateProblems(tree as JsonValue, view))
      misfits.push({ path: ['respond', ...path], message });
  };
  respond.webhooks.forEach(({ template, summary, headers }, at) => {
    if (template !== undefined) check(['webhooks', at, 'template'], template, exampleView);
    if (summary !== undefined) check(['webhooks', at, 'summary'], summary, exampleSummaryView);
    for (const [name, value] of Object.entries(headers)) {
      // Headers are the same for one alert and for several.
      check(['webhooks', at, 'headers', name], value, { id: '', route: '', url: '' });
    }
  });
  respond.links.forEach(({ url, params, rison }, at) => {
    check(['links', at, 'url'], url, exampleView);
    check(['links', at, 'params'], params, exampleView);
    check(['links', at, 'rison'], rison, exampleView);
  });
  return misfits;
}

/** Recurrences, iCalendar texts and time zones that cannot be read. */
export function calendarMisfits({ calendars }: Config): Misfit[] {
  return calendars.flatMap((calendar, at) => {
    try {
      rangesOf({ calendars: [calendar] }, Date.now(), Date.now() + 86_400_000);
      return [];
    } catch (error) {
      return [{ path: ['calendars', at], message: (error as Error).message }];
    }
  });
}

/** A suite that cannot be read, or that the stream cannot judge by. */
export function suiteMisfits(config: Config): Misfit[] {
  try {
    readRowRules(config);
    return [];
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return [{ path: ['features', 'suite', 'path'], message: error.message }];
  }
}

/** Addresses that would be refused at every call; what a name comes to is known then only. */
export function addressMisfits({ respond, healing }: Config): Misfit[] {
  const check = (
    path: readonly PropertyKey[],
    urls: readonly { readonly url: string }[],
    setting: string,
    ranges: readonly string[],
  ): Misfit[] => {
    const isAllowed = addressGuard(ranges);
    return urls.flatMap(({ url }, at) => {
      const address = literalAddress(url);
      if (address === undefined || isAllowed(address)) return [];
      return [{ path: [...path, at, 'url'], message: `${address} is ${refusedAs(setting)}` }];
    });
  };
  return [
    ...check(['respond', 'webhooks'], respond.webhooks, 'respond.private', respond.private),
    ...check(['healing', 'notify'], healing.notify, 'respond.private', respond.private),
    ...check(['healing', 'targets'], healing.targets, 'healing.private', healing.private),
  ];
}
