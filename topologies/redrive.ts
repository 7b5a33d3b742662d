/**
 * Records that people put back; partials out, by the same decoding as when they were first read.
 *
 * ```
 * redrive ─ once ─ decode ─ sign ─ aggregate ─ emitMarks ─▶ windows log
 * ```
 */
import { concatMap, pipe, Subject } from 'rxjs';
import { aggregate } from '../operators/aggregate.js';
import { decode } from '../operators/decode.js';
import { emitMarks, type MarkParts } from '../operators/emit-marks.js';
import { keepRaw } from '../operators/keep-raw.js';
import { sign } from '../operators/sign.js';
import { onSubscribe } from '../operators/map-batch.js';
import type { Batch, Operator, Rejected } from '../records/batch.js';
import { bool } from '../records/wire/codec.js';
import type { Labels } from '../records/entity.js';
import type { Redriven } from '../records/dead-letter.js';
import type { SourceItem } from '../records/raw.js';
import type { StateStores } from '../records/store.js';
import type { IngestRecord } from '../records/windows.js';
import { settingsOf, type IngestParts } from './ingest.js';

/** What ingest does with the records of a source, by the name under which they were read; undefined for one unknown. */
export type PartsOf = (source: string) => Omit<IngestParts, 'source' | 'incarnation' | 'epoch' | 'stores'> | undefined;

/**
 * Each record is one partial of its own: nobody waits for others of its pane, and none is late here, since they come
 * from any time. Where its window is closed already, detect rejects it as `late-partial`. The tags are those of
 * `redrive/0`, a source that is in no source set: it holds nobody back.
 */
export const redrive = (
  parts: MarkParts & { readonly partsOf: PartsOf },
): Operator<{ readonly offset: number; readonly record: Redriven }, IngestRecord> => onSubscribe(() => redriven(parts));

/** The chain of one source, subscribed to once; what it makes of a record leaves before `next` returns. */
interface SourceChain {
  readonly input: Subject<Batch<SourceItem>>;
  readonly outputs: Batch<IngestRecord>[];
}

function redriven({
  partsOf,
  ...own
}: MarkParts & { readonly partsOf: PartsOf }): Operator<
  { readonly offset: number; readonly record: Redriven },
  IngestRecord
> {
  const done = own.stores.open('redriven', bool);
  const chains = new Map<string, SourceChain | undefined>();

  const chainOf = (source: string): SourceChain | undefined => {
    if (chains.has(source)) return chains.get(source);
    const parts = partsOf(source);
    // Its lines are no neighbours here: none continues another record's.
    const alone = parts && { ...parts, records: 'values' as const, source, stores: under(source, own.stores) };
    const chain = parts && alone && open(alone, settingsOf(parts));
    chains.set(source, chain);
    return chain;
  };
  const open = (decoding: Omit<IngestParts, 'incarnation' | 'epoch'>, settings: number): SourceChain => {
    const chain: SourceChain = { input: new Subject(), outputs: [] };
    chain.input
      .pipe(
        keepRaw(pipe(decode(decoding), sign(), aggregate({ ...decoding, settings, unordered: true }), emitMarks(own))),
      )
      .subscribe((out) => chain.outputs.push(out));
    return chain;
  };

  // Owners are found by the object, as those of a source share it.
  const inputsKnown = new Map<string, Labels>();
  const sameInputs = (inputs: Labels): Labels => {
    const key = JSON.stringify(inputs);
    const known = inputsKnown.get(key);
    if (known) return known;
    if (inputsKnown.size >= maxInputs) inputsKnown.clear();
    inputsKnown.set(key, inputs);
    return inputs;
  };

  return concatMap((batch): readonly Batch<IngestRecord>[] => {
    const items: IngestRecord[] = [];
    const rejected: Rejected[] = [...batch.rejected];
    for (const { offset, record } of batch.items) {
      const { id, source, bytes, timestamp, topic, attempt } = record;
      const again = {
        source,
        offset: record.offset,
        attempt: attempt + 1,
        ...(record.part ? { part: record.part } : {}),
      };
      const kept = record.inputs ? { inputs: record.inputs } : {};
      if (done.get(id)) {
        rejected.push({ ...again, reason: 'repeat', detail: `${id} was put back before` });
        continue;
      }
      done.put(id, true);
      const chain = chainOf(source);
      if (!chain) {
        const detail = `nothing says how to decode records of ${source}: no source of the configuration has this name, or its values need a schema registry`;
        rejected.push({ ...again, reason: 'no-source', detail, bytes, whole: { timestamp, topic }, ...kept });
        continue;
      }
      const inputs = record.inputs && sameInputs(record.inputs);
      const raw: SourceItem = {
        ...{ bytes, start: 0, end: bytes.length, offset, timestamp, topic },
        ...(inputs ? { inputs } : {}),
      };
      chain.input.next({ items: [raw], rejected: [] });
      for (const out of chain.outputs.splice(0)) {
        items.push(...out.items);
        for (const one of out.rejected) rejected.push({ ...one, ...again });
      }
    }
    return [{ items, rejected, ...(batch.position ? { position: batch.position } : {}) }];
  });
}

/** Distinct keys and headers that are kept as one object each. */
const maxInputs = 2000;

/** The stores of one source among those of others. */
const under = (source: string, stores: StateStores): StateStores => ({
  open: (name, codec, version) => stores.open(`${source} ${name}`, codec, version),
});
