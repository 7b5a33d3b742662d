/** Sends messages again that were given up: from here, once each. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/schema.js';
import { tryOnce } from '../../runtime/route.js';
import { openLinks } from '../../service/delivery/links.js';
import { openOutputs, presentationOf } from '../../service/delivery/outputs.js';
import type { Letter } from './dead-letters.js';

export interface Delivered {
  readonly deadLetter: Letter;
  /** Why it was not taken. */
  readonly error?: string;
}

const prefix = 'respond/';

/**
 * In the order in which they were given up, no faster than their outputs admit. A receiver knows one that it has had after
 * all by its id.
 *
 * @param deadLetters - of deliveries
 */
export async function deliverAgain(config: Config, deadLetters: readonly Letter[]): Promise<readonly Delivered[]> {
  const { public_url, host, port } = config.http;
  const url = public_url ?? `http://${host}:${port}`;
  const outputs = openOutputs(config, presentationOf(config, url, openLinks(config, url)));
  const all: Delivered[] = [];
  try {
    for (const deadLetter of deadLetters) {
      const name = deadLetter.source.slice(prefix.length);
      const route = outputs.routes.get(name);
      if (!route) {
        all.push({ deadLetter, error: `${deadLetter.source} is no output of the configuration` });
        continue;
      }
      const outcome = await tryOnce(route, [{ ...deadLetter.delivery!, route: name }]);
      all.push({ deadLetter, ...(outcome.ok ? {} : { error: outcome.error }) });
      if (route.rate) await sleep(route.rate.perMs / route.rate.messages);
    }
  } finally {
    await outputs.close();
  }
  return all;
}
