/** A simulated fleet of a few days in a folder, and a configuration that reads some of its services. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tocsin } from './tocsin.js';

export interface SimulatedRun {
  readonly folder: string;
  /** Path of the configuration. */
  readonly config: string;
  /** Folder of the state. */
  readonly state: string;
}

/**
 * Simulates three days.
 *
 * @param more sections of the configuration
 */
export async function simulatedRun(
  name: string,
  lines: number,
  services: readonly string[],
  more: object = {},
): Promise<SimulatedRun> {
  const folder = mkdtempSync(join(tmpdir(), `tocsin-${name}-`));
  const [config, state] = [join(folder, `${name}.json`), join(folder, 'state')];
  await tocsin('simulate', '--lines', String(lines), '--days', '3', '--out', join(folder, 'fleet'));
  writeFileSync(
    config,
    JSON.stringify({
      sources: services.map((service) => ({
        type: 'file',
        path: join(folder, 'fleet', `${service}.log`),
        labels: { service },
      })),
      state: { dir: state },
      http: { port: 0 },
      log: { format: 'json' },
      ...more,
    }),
  );
  return { folder, config, state };
}
