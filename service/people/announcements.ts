/** What is known of time ranges and changes: calendars of the configuration, silences, deploys from Kafka; into the log. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { deployOf, NoDeploy } from '../../connectors/deploys/shapes.js';
import type { CalendarApi } from '../../connectors/http/calendar-routes.js';
import { Silences } from '../../connectors/alertmanager/silences.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { compileMatch } from '../../operators/match/match.js';
import { alertName } from '../../records/alert.js';
import type { Labels } from '../../records/entity.js';
import { CalendarClock } from '../flow/calendar-clock.js';
import { shownUrl } from '../../connectors/webhook/shown-url.js';

/** Silences are looked at as often as alerts are sent again, and not more seldom than this, ms. */
const maxBetweenLooks = 30_000;

/** What was deployed longer ago than this when a process starts is no news, ms. */
const oldDeployMs = 86_400_000;

/** Many silences are about alerts of others, which have a name of their own. */
const isOurs = ({ alertname }: Labels): boolean =>
  alertname === undefined || compileMatch({ alertname })({ alertname: alertName });

/**
 * Starts all of it; gives what ends it.
 *
 * @param tells whether this process is the one that tells people
 */
export async function announceKnown(
  config: Config,
  calendar: CalendarApi,
  log: Logger,
  tells: () => boolean,
): Promise<() => Promise<void>> {
  const clock = new CalendarClock(config, (entry) => calendar.say(entry));
  await clock.start();
  const silences = config.respond.alertmanager
    .filter(({ silences: followed }) => followed)
    .map(
      ({ url, resend, timeout }) =>
        new Silences({
          url,
          everyMs: Math.min(resend, maxBetweenLooks),
          timeoutMs: timeout,
          isActive: tells,
          say: (entry) => calendar.say(entry),
          isOurs,
          warn: (message, details) => log.warn({ alertmanager: shownUrl(url), ...details }, message),
        }),
    );
  const consumer = await deployConsumer(config, calendar, log);
  return async () => {
    clock.stop();
    await Promise.all(silences.map((each) => each.stop()));
    await consumer?.disconnect();
  };
}

/** Every deploy is in the log before its position is committed; the same one twice counts once. */
async function deployConsumer({ deploys, kafka }: Config, calendar: CalendarApi, log: Logger) {
  if (deploys.topics.length === 0 || !kafka) return undefined;
  const consumer = kafkaClient(kafka).consumer({ groupId: `${kafka.group}-deploys` });
  await consumer.connect();
  // A group that has committed nothing yet would miss what comes before its first join, and in every rebalance until then.
  await consumer.subscribe({ topics: [...deploys.topics], fromBeginning: true });
  const oldest = Date.now() - oldDeployMs;
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      const time = Number(message.timestamp);
      if (time < oldest) return;
      try {
        await calendar.deployed(deployOf(JSON.parse(message.value?.toString('utf8') ?? ''), time));
      } catch (error) {
        if (!(error instanceof NoDeploy || error instanceof SyntaxError)) throw error;
        const { offset } = message;
        log.warn({ topic, partition, offset, error: error.message }, 'no deploy: passed over');
      }
    },
  });
  return consumer;
}
