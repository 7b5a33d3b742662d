/** The HTTP intake of a process: a channel for each source that is posted to. */
import type { Config } from '../../config/schema.js';
import type { PushedIntake, IntakeSignal } from '../../connectors/http/intake-routes.js';
import { ingestParts } from '../options.js';
import type { NamedSource } from '../tasks/tasks.js';
import { pushedName, PushedRecords } from './pushed-records.js';

export class Pushing {
  /** Up to where an idle source raises its watermark, ms. */
  front: () => number = () => 0;
  readonly sources: NamedSource[] = [];
  private readonly bySignal = new Map<IntakeSignal, PushedRecords>();

  /** @throws Error where a channel cannot be opened */
  static async open(config: Config, bounded: boolean, warn: (message: string) => void): Promise<Pushing> {
    const pushing = new Pushing();
    for (const source of config.sources) {
      if (source.type !== 'http') continue;
      const front = (): number => pushing.front();
      const records = await PushedRecords.open({ config, source, bounded, front, warn });
      pushing.bySignal.set(source.signal, records);
      const parts = ingestParts(config, source);
      pushing.sources.push({ name: pushedName(source), incarnation: 0, source: records.source, parts });
    }
    return pushing;
  }

  intake(signal: IntakeSignal): PushedIntake | undefined {
    return this.bySignal.get(signal);
  }

  async close(): Promise<void> {
    for (const records of this.bySignal.values()) await records.close();
  }
}
