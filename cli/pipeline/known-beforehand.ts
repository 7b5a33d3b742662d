/** What is known of time ranges and changes: calendars of the configuration and deploys from Kafka, into the log. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { deployOf, NoDeploy } from '../../connectors/deploys/shapes.js';
import type { CalendarApi } from '../../connectors/http/calendar-routes.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { CalendarClock } from './calendar-clock.js';

/** Starts both; gives what ends them. */
export async function announceKnown(config: Config, calendar: CalendarApi, log: Logger): Promise<() => Promise<void>> {
  const clock = new CalendarClock(config, (entry) => calendar.say(entry));
  await clock.start();
  const consumer = await deployConsumer(config, calendar, log);
  return async () => {
    clock.stop();
    await consumer?.disconnect();
  };
}

/** Every deploy is in the log before its position is committed; the same one twice counts once. */
async function deployConsumer({ deploys, kafka }: Config, calendar: CalendarApi, log: Logger) {
  if (deploys.topics.length === 0 || !kafka) return undefined;
  const consumer = kafkaClient(kafka).consumer({ groupId: `${kafka.group}-deploys` });
  await consumer.connect();
  await consumer.subscribe({ topics: [...deploys.topics], fromBeginning: false });
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      try {
        await calendar.deployed(deployOf(JSON.parse(message.value?.toString('utf8') ?? ''), Number(message.timestamp)));
      } catch (error) {
        if (!(error instanceof NoDeploy || error instanceof SyntaxError)) throw error;
        const { offset } = message;
        log.warn({ topic, partition, offset, error: error.message }, 'no deploy: passed over');
      }
    },
  });
  return consumer;
}
