/** Who sets the time stamps of log topics: only the broker's own can be believed. */
import type { Admin, ConfigResourceTypes } from 'kafkajs';

/** `ConfigResourceTypes.TOPIC`, which modules cannot import: Node sees a part of what the library exports. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const topicResource = 2 as ConfigResourceTypes;
const names = ['message.timestamp.type', 'message.timestamp.after.max.ms'];

/**
 * What topics allow producers to say of the time, each with what to do; empty where the broker sets it. Topics that are
 * not there are left out.
 */
export async function timeStampNotes(admin: Admin, topics: readonly string[]): Promise<string[]> {
  const there = new Set(await admin.listTopics());
  const found = topics.filter((name) => there.has(name));
  if (found.length === 0) return [];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: found.map((name) => ({ type: topicResource, name, configNames: names })),
  });
  return resources.flatMap(({ resourceName, configEntries }) => {
    const settings = Object.fromEntries(
      configEntries.map(({ configName, configValue }) => [configName, configValue]),
    ) as Record<string, string | undefined>;
    const [type, ahead] = names.map((name) => settings[name]);
    if (type === undefined || type === 'LogAppendTime') return [];
    const bound = Number(ahead);
    const allowed =
      Number.isFinite(bound) && bound < 1e15 ? `up to ${bound} ms ahead of the broker` : 'without a bound';
    return [
      `topic ${resourceName}: producers set the time stamps (message.timestamp.type=${type}, ${allowed}): in a backlog a wrong clock is told from a right one only by what other services say. Set message.timestamp.type=LogAppendTime, and the broker bounds every clock`,
    ];
  });
}
