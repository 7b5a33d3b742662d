/** Detectors as served models: opened from a set once, named by schema and detector, a version a set. */
import { schemas } from '../../models/features/schemas.js';
import type { Detector } from '../../models/detectors/detector.js';
import { listSets, openDetectors, openSet } from '../../models/registry/registry.js';
import { Problem } from '../api/problem.js';

/** Names the set that scores now, whatever that is. */
export const inForceAlias = 'in-force';
const maxOpen = 4;

export interface ServedModel {
  readonly name: string;
  /** Id of its set. */
  readonly version: string;
  readonly detector: Detector;
}

export class ServedModels {
  private readonly sets = new Map<string, Promise<ReadonlyMap<string, Detector>>>();

  /**
   * @param dir - folder of the sets
   * @param inForce - id of the set by which the last decision was scored; undefined in the warm-up
   */
  constructor(
    private readonly dir: string,
    private readonly inForce: () => string | undefined,
  ) {}

  /** @throws Problem: 503 before there is a set in force, 404 where there is no such model or version */
  async find(name: string, version: string | undefined): Promise<ServedModel> {
    const id = version === undefined || version === '' || version === inForceAlias ? this.inForce() : version;
    if (id === undefined)
      throw new Problem(503, 'no set of models is in force yet: the first windows are still learnt from');
    const detectors = await this.open(id);
    const detector = detectors.get(name);
    if (!detector)
      throw new Problem(404, `no model ${name} in set ${id}; there are ${[...detectors.keys()].join(', ')}`);
    return { name, version: id, detector };
  }

  /** Whether the set in force can answer. */
  async isReady(): Promise<boolean> {
    const id = this.inForce();
    return (
      id !== undefined &&
      (await this.open(id).then(
        ({ size }) => size > 0,
        () => false,
      ))
    );
  }

  /** Ids of the sets that have a model of this name, the newest last. */
  async versions(name: string): Promise<string[]> {
    const file = name.replace('.', '/');
    return (await listSets(this.dir))
      .filter(({ index }) => index.members.some((member) => member.name === `detector/${file}`))
      .map(({ id }) => id);
  }

  private open(id: string): Promise<ReadonlyMap<string, Detector>> {
    let opened = this.sets.get(id);
    if (!opened) {
      opened = this.read(id);
      // What fails is tried again when it is asked for again.
      opened.catch(() => this.sets.delete(id));
      for (const oldest of this.sets.keys()) {
        if (this.sets.size < maxOpen) break;
        this.sets.delete(oldest);
      }
      this.sets.set(id, opened);
    }
    return opened;
  }

  private async read(id: string): Promise<ReadonlyMap<string, Detector>> {
    const listed = (await listSets(this.dir)).some((set) => set.id === id);
    if (!listed) throw new Problem(404, `no set ${id}: /api/v1/models lists them`);
    const set = await openSet(this.dir, id);
    const found = new Map<string, Detector>();
    for (const schema of schemas.values()) {
      const columns = schema.columns.map(({ name }) => name);
      for (const detector of await openDetectors(set, { schema: schema.id, columns }))
        found.set(`${schema.id}.${detector.card.name}`, detector);
    }
    return found;
  }
}
