/** Sends messages again that were given up: from here, once each. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/schema.js';
import { tryOnce } from '../../runtime/route.js';
import { openLinks } from '../../service/delivery/links.js';
import { openOutputs, presentationOf } from '../../service/delivery/outputs.js';
import type { Letter } from './dead-letters.js';

export interface Delivered {
  readonly letter: Letter;
  /** Why it was not taken. */
  readonly error?: string;
}

const prefix = 'respond/';

/**
 * In the order in which they were given up, no faster than their outputs admit. A receiver knows one that it has had after
 * all by its id.
 *
 * @param letters - of deliveries
 */
export async function deliverAgain(config: Config, letters: readonly Letter[]): Promise<readonly Delivered[]> {
  const { public_url, host, port } = config.http;
  const url = public_url ?? `http://${host}:${port}`;
  const outputs = openOutputs(config, presentationOf(config, url, openLinks(config, url)));
  const all: Delivered[] = [];
  try {
    for (const letter of letters) {
      const name = letter.source.slice(prefix.length);
      const route = outputs.routes.get(name);
      if (!route) {
        all.push({ letter, error: `${letter.source} is no output of the configuration` });
        continue;
      }
      const outcome = await tryOnce(route, [{ ...letter.delivery!, route: name }]);
      all.push({ letter, ...(outcome.ok ? {} : { error: outcome.error }) });
      if (route.rate) await sleep(route.rate.perMs / route.rate.messages);
    }
  } finally {
    await outputs.close();
  }
  return all;
}
