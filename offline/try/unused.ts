/** Fields of JSON records that change nothing of what is read: found by leaving each out. */
import type { RawRecord } from '../../records/raw.js';
import { chainOf, readRecord, type Decoding } from './fates.js';
import type { SourceSample } from './sample.js';

export interface UnusedField {
  /** With dots into objects. */
  readonly path: string;
  /** Records of those looked at that have it. */
  readonly records: number;
  readonly example: string;
  readonly isNumber: boolean;
}

/** Records that are looked at, and fields that are listed. */
const maxRecords = 40;
const maxFields = 200;
const maxDepth = 3;

/** @returns the most frequent first; `looked` counts the JSON records */
export async function unusedFields(
  { source, taken }: SourceSample,
  decoding: Decoding,
): Promise<{ readonly looked: number; readonly fields: readonly UnusedField[] }> {
  // As values: a record of a file may wait for the line after it.
  const pass = await chainOf(`${source} without`, { ...decoding, records: 'values', time: 'record' });
  const found = new Map<string, { records: number; example: string; used: boolean; isNumber: boolean }>();
  let looked = 0;
  for (const each of taken) {
    if (looked >= maxRecords) break;
    const object = 'raw' in each ? objectOf(each.raw) : undefined;
    if (!object || !('raw' in each)) continue;
    const whole = await resultOf(pass, each.raw, object);
    if (whole === undefined) continue;
    looked++;
    for (const path of pathsOf(object)) {
      const name = path.join('.');
      const value = at(object, path);
      let known = found.get(name);
      if (!known && found.size >= maxFields) continue;
      if (!known) {
        const example = typeof value === 'string' ? value : JSON.stringify(value);
        found.set(name, (known = { records: 0, example, used: false, isNumber: typeof value === 'number' }));
      }
      known.records++;
      if (!known.used) known.used = (await resultOf(pass, each.raw, without(object, path))) !== whole;
    }
  }
  const fields = [...found]
    .filter(([, { used }]) => !used)
    .map(([path, { records, example, isNumber }]) => ({ path, records, example, isNumber }))
    .sort((a, b) => b.records - a.records || (a.path < b.path ? -1 : 1));
  return { looked, fields };
}

type RecordFields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is RecordFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function objectOf({ bytes, start, end }: RawRecord): RecordFields | undefined {
  if (bytes[start] !== 0x7b) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.subarray(start, end)).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Paths of what is no object. */
function pathsOf(object: RecordFields, depth = 1): string[][] {
  return Object.entries(object).flatMap(([key, value]) =>
    isObject(value) && depth < maxDepth && Object.keys(value).length > 0
      ? pathsOf(value, depth + 1).map((rest) => [key, ...rest])
      : [[key]],
  );
}

const at = (object: RecordFields, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), object);

function without(object: RecordFields, [key, ...rest]: readonly string[]): RecordFields {
  const { [key!]: value, ...others } = object;
  return rest.length === 0 || !isObject(value) ? others : { ...others, [key!]: without(value, rest) };
}

/** What is read of an object, as text; undefined where it is refused. */
async function resultOf(
  pass: Awaited<ReturnType<typeof chainOf>>,
  raw: RawRecord,
  object: RecordFields,
): Promise<string | undefined> {
  const bytes = Buffer.from(JSON.stringify(object));
  // The topic is no service here: one that is called like it would seem to be of no use.
  const records = await pass([{ ...raw, bytes, start: 0, end: bytes.length, topic: '(none)' }]);
  if (records.length === 0) return undefined;
  return JSON.stringify(
    records.map((record) => {
      const { entity, time, value, log } = readRecord(record);
      return [entity.key, time, String(value), log];
    }),
  );
}
