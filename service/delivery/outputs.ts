/** The outputs of a configuration as routes of the outbox. */
import type { Producer } from 'kafkajs';
import type { Config, WebhookConfig } from '../../config/schema.js';
import { GrafanaAnnotations } from '../../connectors/grafana/annotations.js';
import type { Links } from '../../connectors/http/links.js';
import { alertDocument } from '../../connectors/kafka/alert-document.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { pushToLoki } from '../../connectors/loki/push.js';
import type { Presentation } from '../../connectors/webhook/alert-view.js';
import { presentedLinks } from '../../connectors/webhook/alert-view.js';
import { egressAgents, type EgressAgents } from '../../connectors/webhook/egress.js';
import { isSummed, messageOf, summaryOf, type WebhookStyle } from '../../connectors/webhook/message.js';
import { postJson } from '../../connectors/webhook/post.js';
import type { Recipe } from '../../connectors/webhook/recipes.js';
import type { JsonValue } from '../../connectors/webhook/template.js';
import type { Alert } from '../../records/alert.js';
import type { Deploy } from '../../records/calendar.js';
import { decode } from '../../records/wire/codec.js';
import { notificationCodec } from '../../records/notification.js';
import type { Intent, SendOutcome, DeliveryRoute } from '../../runtime/route.js';
import { healingNewsRoutes } from './notifications.js';

type DeliveryConfig = Pick<WebhookConfig, 'timeout' | 'expire' | 'retry' | 'rate'>;

export interface Outputs {
  readonly routes: ReadonlyMap<string, DeliveryRoute>;
  /** Marks a deploy in every Grafana; resolves with what did not work. */
  deployed(deploy: Deploy): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Messages of a route that are under way at once. */
const inFlight = 4;

const alertOf = ({ payload }: Pick<Intent, 'payload'>): Alert => decode(notificationCodec, payload).alert;

const patience = ({ timeout, expire, retry, rate }: DeliveryConfig): Omit<DeliveryRoute, 'send'> => ({
  delivery: 'at least once',
  tryMs: timeout,
  expireMs: expire,
  maxInFlight: inFlight,
  backoff: { firstMs: retry.first, maxMs: retry.most },
  rate: { messages: rate.messages, perMs: rate.per },
});

/** How long an alert may be answered by its link, ms. */
const answerableMs = 7 * 86_400_000;

/** The same alert has the same link in every message: it works once. */
const verdictLink = (links: Links, { fingerprint, startsAt }: Alert): string =>
  links.make({ command: 'verdict', about: fingerprint, to: 'notification', expires: startsAt + answerableMs });

/** How alerts are shown outside. @param url where people reach this process @param links with which they answer */
export const presentationOf = ({ respond, http }: Config, url: string, links?: Links): Presentation => ({
  url,
  links: respond.links.map(({ name, url: address, params, rison }) => ({
    name,
    url: address,
    params: params,
    rison,
  })),
  // Without an address that people reach, a link would lead nowhere.
  ...(links && http.public_url ? { answer: (alert: Alert) => verdictLink(links, alert) } : {}),
});

/** Routes by the names that intents carry, `webhook/NAME` and `healing/NAME`. Nothing is connected before it is needed. */
export function openOutputs(config: Config, presentation: Presentation): Outputs {
  const { webhooks, kafka, grafana, loki } = config.respond;
  const agents = egressAgents(config.respond.private, 'respond.private');
  const routes = healingNewsRoutes(config, agents);
  for (const hook of webhooks) routes.set(`webhook/${hook.name}`, webhookRoute(hook, presentation, agents));
  const grafanas: GrafanaAnnotations[] = [];
  for (const output of grafana) {
    const { url, token, dashboard, panel, timeout, keep, most } = output;
    const annotations = new GrafanaAnnotations({
      url,
      timeoutMs: timeout,
      presentation,
      keepMs: keep,
      max: most,
      ...(token ? { token: token.reveal() } : {}),
      ...(dashboard === undefined ? {} : { dashboardUid: dashboard }),
      ...(panel === undefined ? {} : { panelId: panel }),
    });
    grafanas.push(annotations);
    routes.set(`webhook/${output.name}`, {
      ...patience(output),
      send: (intent, signal) => annotations.alert(alertOf(intent), signal),
    });
  }
  for (const output of loki) {
    const { url, tenant, token, labels, timeout } = output;
    const options = {
      ...{ url, labels, presentation, timeoutMs: timeout },
      ...(tenant === undefined ? {} : { tenant }),
      ...(token ? { token: token.reveal() } : {}),
    };
    routes.set(`webhook/${output.name}`, {
      ...patience(output),
      send: (intent, signal) => pushToLoki(alertOf(intent), options, signal),
    });
  }
  const producer = kafka.length > 0 && config.kafka ? lazyProducer(config.kafka) : undefined;
  for (const output of kafka) {
    routes.set(`webhook/${output.name}`, {
      ...patience(output),
      send: async (intent) => produce(await producer!.get(), output.topic, alertOf(intent), presentation),
    });
  }
  return {
    routes,
    deployed: async ({ change, match }) => {
      const outcomes = await Promise.all(grafanas.map((annotations) => annotations.change(change, match)));
      return outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
    },
    close: async () => producer?.close(),
  };
}

const ownRecipe = ({ template, summary, escape }: WebhookConfig): Recipe => ({
  body: template as JsonValue,
  summary: summary as JsonValue,
  style: { escape },
  endsAlone: false,
});

export function styleOf(hook: WebhookConfig): WebhookStyle {
  const { name, body, secret, headers, secrets } = hook;
  return {
    name,
    body: body === 'template' ? ownRecipe(hook) : body,
    headers,
    secrets: Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, value.reveal()])),
    ...(secret ? { secret: secret.reveal() } : {}),
  };
}

function webhookRoute(hook: WebhookConfig, presentation: Presentation, agents: EgressAgents): DeliveryRoute {
  const { url, timeout: timeoutMs } = hook;
  const style = styleOf(hook);
  // An own template without a summary is sent one by one.
  const canSum = hook.body !== 'template' || hook.summary !== undefined;
  return {
    ...patience(hook),
    send: (intent, signal) => {
      const { body, headers } = messageOf(style, intent.id, alertOf(intent), presentation, new Date());
      return postJson(url, body, { headers, timeoutMs, signal, agents });
    },
    ...(canSum
      ? {
          summary: {
            accepts: (intent) => isSummed(style, alertOf(intent)),
            send: (intents, signal) => {
              const [first, ...others] = intents;
              const alerts = [alertOf(first!), ...others.map(alertOf)] as const;
              const id = `${first!.id}-and-${others.length}`;
              const { body, headers } = summaryOf(style, id, alerts, presentation, new Date());
              return postJson(url, body, { headers, timeoutMs, signal, agents });
            },
          },
        }
      : {}),
  };
}

async function produce(
  producer: Producer,
  topic: string,
  alert: Alert,
  presentation: Presentation,
): Promise<SendOutcome> {
  const links = Object.fromEntries(presentedLinks(alert, presentation).map(({ name, url }) => [name, url]));
  await producer.send({
    topic,
    acks: -1,
    messages: [
      {
        key: alert.entity,
        value: JSON.stringify(alertDocument(alert, links)),
        headers: { 'content-type': 'application/json' },
      },
    ],
  });
  return { ok: true };
}

/** A producer that connects when it is first needed, and again after a failure. */
function lazyProducer(settings: NonNullable<Config['kafka']>): { get(): Promise<Producer>; close(): Promise<void> } {
  let connected: Promise<Producer> | undefined;
  return {
    get: () => {
      connected ??= (async () => {
        const producer = kafkaClient(settings).producer({ allowAutoTopicCreation: false });
        await producer.connect();
        return producer;
      })();
      connected.catch(() => (connected = undefined));
      return connected;
    },
    close: async () => {
      const producer = await connected?.catch(() => undefined);
      await producer?.disconnect();
    },
  };
}
