/** Tries a set on stored windows as a gate wants it: what it raised, its scores, and whether it sees what is odd. */
import { schemas } from '../../models/features/schemas.js';
import { tryOut, type TrialParts, type TrialResult } from '../trial.js';
import { unrepeated } from '../unrepeated.js';
import type { ShardRecords } from '../run-records.js';
import type { AnsweredWindow, TriedSet } from './judge.js';
import { probe, type Probe } from './probe.js';
import { TrialRecord } from './record.js';

/** @throws what a set throws that cannot be loaded, or that cannot score */
export async function tryForGate(
  id: string,
  parts: Omit<TrialParts, 'watch'>,
): Promise<TriedSet & { readonly result: TrialResult }> {
  const record = new TrialRecord(parts.from, parts.to);
  const shards = parts.shards.map((records) => () => unrepeated(records()));
  const result = await tryOut(id, { ...parts, shards, watch: record.add });
  const detectors = parts.artefacts.loaded(id)?.detectors ?? [];
  const probes = new Map<string, Probe>();
  for (const schema of schemas.keys()) {
    const own = detectors.filter(({ card }) => card.schema === schema);
    const rows = (record.rows.get(schema) ?? []).map(({ features }) => features);
    if (own.length > 0 && rows.length > 0) probes.set(schema, await probe(own, rows));
  }
  const names = new Set(detectors.map(({ card }) => `${card.schema}/${card.name}`));
  return { record, detectors: names, probes, result };
}

/** Answers alone are looked for. */
const noPanes = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY } as const;

/** What people answered about windows that end after `from` and up to `to`; the last verdict that was not taken back. */
export async function answersBetween(
  shards: readonly ShardRecords[],
  from: number,
  to: number,
): Promise<AnsweredWindow[]> {
  const said = new Map<string, AnsweredWindow>();
  for (const records of shards)
    for await (const { record } of records(noPanes)) {
      if (record.type === 'revocation') said.delete(record.verdict.id);
      if (record.type !== 'verdict') continue;
      const { id, value, context } = record.verdict;
      if (context.key === '' && context.end > from && context.end <= to)
        said.set(id, { entity: context.entity, end: context.end, isTrue: value === 'anomaly' });
    }
  return [...said.values()];
}
