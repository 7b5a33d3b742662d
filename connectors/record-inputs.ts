/** Inputs of relabel rules besides the topic: the key and the headers of a message. */
import type { Labels } from '../records/entity.js';

/** Maximum bytes of a value; the rest is cut off. */
const longest = 256;
/** Distinct values that are kept as one object each. */
const maxKnown = 2000;

interface KeyedMessage {
  readonly key: Uint8Array | null;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}

/** Names among the labels that rules match which stand for the key or a header: `key`, `header_tenant_id`. */
export const inputNames = (matched: readonly string[]): readonly string[] => [
  ...new Set(matched.filter((name) => name === 'key' || name.startsWith('header_'))),
];

const labelOf = (header: string): string => `header_${header.replace(/[^A-Za-z0-9_]/g, '_').toLowerCase()}`;

function textOf(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (typeof one === 'string') return one.slice(0, longest);
  return one instanceof Uint8Array ? Buffer.from(one.subarray(0, longest)).toString('utf8') : undefined;
}

/**
 * Reads what is wanted of each message; undefined where it has none of it. Equal values give the same object.
 *
 * @param wanted - label names, as `inputNames` gives them
 */
export function recordInputs(wanted: readonly string[]): (message: KeyedMessage) => Labels | undefined {
  const known = new Map<string, Labels>();
  return ({ key, headers }) => {
    const found: Record<string, string> = {};
    if (key && wanted.includes('key')) found.key = textOf(key)!;
    for (const [name, value] of Object.entries(headers ?? {})) {
      const label = labelOf(name);
      const text = wanted.includes(label) ? textOf(value) : undefined;
      if (text !== undefined) found[label] = text;
    }
    const names = Object.keys(found).sort();
    if (names.length === 0) return undefined;
    const id = JSON.stringify(names.map((name) => [name, found[name]]));
    let labels = known.get(id);
    if (!labels) {
      if (known.size >= maxKnown) known.clear();
      known.set(id, (labels = found));
    }
    return labels;
  };
}
