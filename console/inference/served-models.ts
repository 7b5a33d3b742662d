/** Models that are served: the detectors of a set, opened once, and all of a schema together; a version is a set. */
import { schemas } from '../../models/features/schemas.js';
import type { Detector } from '../../models/detectors/detector.js';
import { listSets, openDetectors, openSet } from '../../models/registry/registry.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { featuresOf } from './feature-rows.js';
import { Gathered } from './gathered.js';
import type { ServedModel } from './model.js';
import { scoreKey, type ScoreCache } from './score-cache.js';

/** Names the set that scores now, whatever that is. */
export const inForceAlias = 'in-force';
/** All detectors of a schema as one model, as `logs-1.ensemble`. */
const ensemble = 'ensemble';
const maxOpen = 4;

export interface ModelSets {
  /** Folder of the sets. */
  readonly dir: string;
  /** Id of the set by which the last decision was scored; undefined in the warm-up. */
  readonly inForce: () => string | undefined;
  /** Names of sets, as `champion`. */
  readonly aliases?: () => Readonly<Record<string, string>>;
  readonly cache: ScoreCache;
}

export class ServedModels {
  private readonly sets = new Map<string, Promise<ReadonlyMap<string, ServedModel>>>();

  constructor(private readonly parts: ModelSets) {}

  /** @throws Problem: 503 before there is a set in force, 404 where there is no such model or version */
  async find(name: string, version: string | undefined): Promise<ServedModel> {
    const id = this.idOf(version);
    if (id === undefined)
      throw new HttpProblem(503, 'no set of models is in force yet: the first windows are still learnt from');
    const models = await this.open(id);
    const model = models.get(name);
    if (!model) throw new HttpProblem(404, `no model ${name} in set ${id}; there are ${[...models.keys()].join(', ')}`);
    return model;
  }

  /** Whether the set in force can answer. */
  async isReady(): Promise<boolean> {
    const id = this.parts.inForce();
    return (
      id !== undefined &&
      (await this.open(id).then(
        ({ size }) => size > 0,
        () => false,
      ))
    );
  }

  /** Names of the models of the set in force. */
  async names(): Promise<string[]> {
    const id = this.parts.inForce();
    return id === undefined ? [] : [...(await this.open(id)).keys()];
  }

  /** Ids of the sets that have a model of this name, the newest last. */
  async versions(name: string): Promise<string[]> {
    const [schema, detector] = name.split('.');
    const has = (member: string): boolean =>
      detector === ensemble ? member.startsWith(`detector/${schema}/`) : member === `detector/${schema}/${detector}`;
    return (await listSets(this.parts.dir))
      .filter(({ index }) => index.members.some((member) => has(member.name)))
      .map(({ id }) => id);
  }

  /** The set that a version names: an id, an alias, or the one in force. */
  idOf(version: string | undefined): string | undefined {
    if (version === undefined || version === '' || version === inForceAlias) return this.parts.inForce();
    return this.parts.aliases?.()[version] ?? version;
  }

  private open(id: string): Promise<ReadonlyMap<string, ServedModel>> {
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

  private async read(id: string): Promise<ReadonlyMap<string, ServedModel>> {
    const listed = (await listSets(this.parts.dir)).some((set) => set.id === id);
    if (!listed) throw new HttpProblem(404, `no set ${id}: /api/v1/models lists them`);
    const set = await openSet(this.parts.dir, id);
    const hashes = new Map(set.index.members.map(({ name, hash }) => [name, hash]));
    const found = new Map<string, ServedModel>();
    for (const schema of schemas.values()) {
      const columns = schema.columns.map(({ name }) => name);
      const scorers = (await openDetectors(set, { schema: schema.id, columns })).map((detector) => ({
        detector: detector.card.name,
        score: cached(detector, hashes.get(`detector/${schema.id}/${detector.card.name}`) ?? id, this.parts.cache),
      }));
      const serve = (name: string, those: typeof scorers, nameOf: (detector: string) => string): void =>
        void found.set(name, {
          name,
          version: id,
          platform: 'onnx',
          inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, columns.length] }],
          outputs: those.map(({ detector }) => ({ name: nameOf(detector), datatype: 'FP64', shape: [-1] })),
          async infer(inputs) {
            const data = featuresOf(inputs, columns.length);
            const scores = await Promise.all(those.map(({ score }) => score(data)));
            return {
              outputs: those.map(({ detector }, i) => ({
                name: nameOf(detector),
                datatype: 'FP64',
                shape: [scores[i]!.length],
                data: scores[i]!,
              })),
            };
          },
        });
      for (const one of scorers) serve(`${schema.id}.${one.detector}`, [one], () => 'score');
      if (scorers.length > 0) serve(`${schema.id}.${ensemble}`, scorers, (detector) => detector);
    }
    return found;
  }
}

/** Scores rows of which the cache has none. @param hash of the bytes of the model */
function cached(detector: Detector, hash: string, cache: ScoreCache): (data: Float64Array) => Promise<Float64Array> {
  const gathered = new Gathered(detector);
  const columns = detector.card.columns.length;
  return async (data) => {
    const rows = data.length / columns;
    const rowOf = (i: number): Float64Array => data.subarray(i * columns, (i + 1) * columns);
    const keys = Array.from({ length: rows }, (_, i) => scoreKey(hash, rowOf(i)));
    const known = await cache.get(keys);
    const missing = keys.flatMap((_, i) => (known[i] === undefined ? [i] : []));
    const asked = new Float64Array(missing.length * columns);
    missing.forEach((i, k) => asked.set(rowOf(i), k * columns));
    const scored = missing.length === 0 ? new Float64Array() : await gathered.score(asked);
    const scores = Float64Array.from(known, (score) => score ?? 0);
    missing.forEach((i, k) => (scores[i] = scored[k]!));
    if (missing.length > 0) cache.put(missing.map((i, k) => [keys[i]!, scored[k]!] as const));
    return scores;
  };
}
