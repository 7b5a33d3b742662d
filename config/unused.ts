/** Keys of a file that would have no effect: whoever wrote them expects one. */
import type { Misfit } from './cross-check.js';
import type { Config } from './schema.js';

/** Whether the file has a key at this path; defaults do not count. */
export type HasKey = (path: readonly PropertyKey[]) => boolean;

export function unusedKeys(config: Config, given: HasKey): Misfit[] {
  const { channels, sources, respond, deploys, healing, http, state } = config;
  const misfits: Misfit[] = [];
  const unused = (path: readonly PropertyKey[], why: string): void => {
    if (given(path)) misfits.push({ path, message: `has no effect: ${why}` });
  };
  if (channels.backend === 'segment-log') {
    for (const key of ['prefix', 'replication'])
      unused(['channels', key], 'it is for channels.backend: kafka, and this run keeps its channels in files');
    const usesKafka =
      sources.some(({ type }) => type === 'kafka') || respond.kafka.length > 0 || deploys.topics.length > 0;
    if (!usesKafka) unused(['kafka'], 'no source has topics, and neither respond.kafka nor deploys.topics is set');
  }
  if (!sources.some(({ type }) => type === 'nats')) unused(['nats'], 'no source has a stream');
  if (respond.routes.length === 0) unused(['respond', 'default'], 'without respond.routes all outputs get all alerts');
  sources.forEach(({ format, type }, at) => {
    if (format !== 'metric') return;
    for (const key of ['level', 'message'])
      unused(['sources', at, 'fields', key], 'format: metric reads points, which have none');
    if (type === 'file') unused(['sources', at, 'year'], 'format: metric has no stamps without a year');
  });
  if (healing.rules.length === 0) unused(['healing', 'targets'], 'no rule of healing.rules calls a target');
  if (http.public_url === undefined)
    unused(['http', 'link_secret'], 'links are made only where http.public_url says what they begin with');
  if (state.backend === 'memory') unused(['state', 'redis'], 'state.backend is memory');
  return misfits;
}
