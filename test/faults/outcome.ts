/** What a run came to: the final sets of decisions and alerts, and the ids of what was delivered. */
import { readFileSync } from 'node:fs';
import { openChannel } from '../../offline/replay/channel-records.js';
import { loadConfig } from '../../config/load.js';
import { decodeAlert } from '../../records/alert.js';
import type { Receiver } from '../integration/services/receiver.js';
import { tocsin } from '../integration/services/tocsin.js';

export interface Outcome {
  /** Canonical bytes of all that was decided. */
  readonly decisions: Buffer;
  /** Each alert transition once, in order of its text; repeats differ only in who wrote them. */
  readonly alerts: readonly string[];
  /** `webhook-id`, status and fingerprint of each delivery that was answered well, once each. */
  readonly deliveries: readonly string[];
}

interface Delivered {
  readonly type: string;
  readonly data: { readonly fingerprint: string };
}

/** @param path of the receiver's URL to which this run delivered */
export async function outcomeOf(config: string, receiver: Receiver, path: string): Promise<Outcome> {
  const out = `${config}.decisions`;
  await tocsin('replay', '--config', config, '--source', 'decisions', '--out', out);
  const alerts = new Set<string>();
  const channel = await openChannel(loadConfig(config), 'alerts');
  for (let shard = 0; shard < channel.shards; shard++)
    for await (const { value } of channel.records(shard))
      alerts.add(JSON.stringify({ ...decodeAlert(value), tag: undefined }));
  await channel.close();
  const deliveries = receiver.requests
    .filter((request) => request.path === path)
    .map(({ headers, body }) => {
      const { type, data } = JSON.parse(body) as Delivered;
      return `${String(headers['webhook-id'])} ${type} ${data.fingerprint}`;
    });
  return { decisions: readFileSync(out), alerts: [...alerts].sort(), deliveries: [...new Set(deliveries)].sort() };
}

/** Compares with the outcome of the undisturbed run, alerts first: they can be read. */
export function expectEqual(found: Outcome, expected: Outcome): void {
  expect(found.alerts).toEqual(expected.alerts);
  expect(found.deliveries).toEqual(expected.deliveries);
  if (!found.decisions.equals(expected.decisions))
    throw new Error(`decisions differ: ${found.decisions.length} bytes, undisturbed ${expected.decisions.length}`);
}

/** That the input was worth it: an empty set equals an empty set. */
export function expectSubstance({ decisions, alerts, deliveries }: Outcome): void {
  expect(decisions.length).toBeGreaterThan(100_000);
  expect(alerts.length).toBeGreaterThan(10);
  expect(deliveries.length).toBeGreaterThan(10);
}
