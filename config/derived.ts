/** Defaults that follow from other keys, filled in before a file is checked: what a short file leaves out. */

type Raw = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text with commas as the list that it means. */
function listed(map: Raw, key: string): Raw {
  const value = map[key];
  return typeof value === 'string' ? { ...map, [key]: value.split(',').map((each) => each.trim()) } : map;
}

/**
 * - A source with `topics` is of type kafka, one with `stream` of type nats, one with `path` a file.
 * - With a source of type kafka, channels are Kafka topics.
 * - Brokers, topics, servers and subjects may be a text with commas.
 */
export function withDerived(raw: unknown): unknown {
  if (!isMap(raw)) return raw;
  const { sources, channels, kafka, nats } = raw;
  const cluster = {
    ...(isMap(kafka) ? { kafka: listed(kafka, 'brokers') } : {}),
    ...(isMap(nats) ? { nats: listed(nats, 'servers') } : {}),
  };
  if (!Array.isArray(sources)) return { ...raw, ...cluster };
  const typed = sources.map((source: unknown) => {
    if (!isMap(source)) return source;
    if ('topics' in source) return { type: 'kafka', ...listed(source, 'topics') };
    if ('stream' in source) return { type: 'nats', ...listed(source, 'subjects') };
    return 'path' in source ? { type: 'file', ...source } : source;
  });
  const readsKafka = typed.some((source: unknown) => isMap(source) && source.type === 'kafka');
  const isOpen = channels === undefined || channels === null || (isMap(channels) && !('backend' in channels));
  const backend = readsKafka && isOpen ? { channels: { ...(channels as Raw | undefined), backend: 'kafka' } } : {};
  return { ...raw, ...cluster, sources: typed, ...backend };
}
