/** Tells people of healing: at least once, through the outbox, with links that answer an ask. */
import type { Config } from '../../config/schema.js';
import type { Links } from '../../connectors/http/links.js';
import type { EgressAgents } from '../../connectors/webhook/egress.js';
import { newsRequest, newsView, type NewsView } from '../../connectors/webhook/healing-news.js';
import { postJson } from '../../connectors/webhook/post.js';
import type { Alert } from '../../records/alert.js';
import type { HealingEntry } from '../../records/healing.js';
import type { Intent, DeliveryRoute } from '../../runtime/route.js';

const backoff = { firstMs: 500, maxMs: 60_000 };
/** A message that is older is no news, ms. */
const expireMs = 3_600_000;
const inFlight = 4;

/** One message to each configured place; the same entry has the same ids. */
export function healingNews(
  { healing }: Config,
  links: Links,
  entry: HealingEntry,
  alert: Alert | undefined,
): Intent[] {
  return healing.notify.map(({ name }) => {
    const link = (command: 'approve' | 'deny'): string =>
      links.make({ command, about: entry.id, to: name, expires: entry.time });
    const view = newsView(
      entry,
      alert,
      entry.what === 'asked' ? { approve: link('approve'), deny: link('deny') } : undefined,
    );
    return { id: `healing-${entry.seq}-${name}`, route: `healing/${name}`, payload: Buffer.from(JSON.stringify(view)) };
  });
}

/** The routes of those messages. */
export function healingNewsRoutes({ healing }: Config, agents: EgressAgents): Map<string, DeliveryRoute> {
  const routes = new Map<string, DeliveryRoute>();
  for (const { name, url, recipe, secret, timeout } of healing.notify) {
    routes.set(`healing/${name}`, {
      delivery: 'at least once',
      tryMs: timeout,
      expireMs,
      maxInFlight: inFlight,
      backoff,
      send: ({ payload }, signal) => {
        const view = JSON.parse(Buffer.from(payload).toString('utf8')) as NewsView;
        const { body, headers } = newsRequest(recipe, view, secret?.reveal(), new Date());
        return postJson(url, body, { headers, timeoutMs: timeout, signal, agents });
      },
    });
  }
  return routes;
}
