import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemas } from '../../models/features/schemas.js';
import { Artefacts } from '../../training/artefacts.js';
import { installPrior, priorId } from '../../training/prior.js';

test('the models that ship with tocsin are whole, fit the features of this release and have a curve each: else npm run prior', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tocsin-prior-'));
  try {
    const id = await installPrior(dir);
    expect(id).toBe(await priorId());
    const artefacts = new Artefacts(dir);
    await artefacts.load(id!);
    const detectors = artefacts.loaded(id!)!.detectors.map(({ card }) => `${card.schema}/${card.name}`);
    for (const schema of schemas.keys())
      expect(detectors.filter((name) => name.startsWith(`${schema}/`)).length).toBeGreaterThan(0);
    const { prior, levels } = artefacts.calibration(id!)!;
    expect(Object.keys(prior).sort()).toEqual(detectors.sort());
    // What is known of single services of the simulation is nobody else's.
    expect(levels.size).toBe(0);
    expect(await installPrior(dir)).toBe(id);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
