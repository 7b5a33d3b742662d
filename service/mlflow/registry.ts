/**
 * Sets of models in MLflow: a run and a version of a registered model for each set, a version of a model of its own for each
 * detector, names as aliases. Contents are stored by their hash, so that a set that comes back is the set that went.
 */
import type { Config } from '../../config/schema.js';
import { artifactUri, MlflowClient, type ModelVersion, type MlflowTag } from '../../connectors/mlflow/client.js';
import { indexText, RegistryError, type ArtefactSet } from '../../models/registry/artefact-set.js';
import { readLineage, type Lineage } from '../../models/registry/lineage.js';
import { openSet } from '../../models/registry/registry.js';
import { fetchSet, publishSet, type Blobs } from '../../models/registry/share.js';
import { challenger, champion } from '../../records/alias.js';
import { isShadow } from '../../records/shadow.js';
import { modelFile } from './model-file.js';

/** Tags by which versions are found again. */
const setTag = 'tocsin.set';
const hashTag = 'tocsin.sha256';

const isOwn = (alias: string): boolean => alias === champion || alias === challenger || isShadow(alias);

export type MlflowConfig = NonNullable<Config['mlflow']>;

export const mlflowClient = ({ url, username, password, token, timeout }: MlflowConfig): MlflowClient =>
  new MlflowClient({
    url,
    timeoutMs: timeout,
    ...(username === undefined ? {} : { username }),
    ...(password ? { password } : {}),
    ...(token ? { token } : {}),
  });

export class MlflowRegistry implements Blobs {
  private readonly root: string;

  constructor(
    private readonly options: Pick<MlflowConfig, 'model' | 'experiment'>,
    private readonly client: MlflowClient,
  ) {
    this.root = options.model;
  }

  static of(options: MlflowConfig): MlflowRegistry {
    return new MlflowRegistry(options, mlflowClient(options));
  }

  putBlob(name: string, bytes: Uint8Array): Promise<void> {
    return this.client.putArtifact(`${this.root}/${name}`, bytes);
  }

  getBlob(name: string): Promise<Uint8Array | undefined> {
    return this.client.getArtifact(`${this.root}/${name}`);
  }

  /**
   * Writes a set: contents first, its version last, so that what has a version is whole. A set that is there is left.
   *
   * @returns the version of the registered model of sets
   */
  async publish(dir: string, id: string, at: number): Promise<string> {
    const { model, experiment } = this.options;
    const known = versionWith(await this.client.versions(model), setTag, id);
    if (known) return known;
    const set = await openSet(dir, id);
    await publishSet(dir, id, this);
    const lineage = await readLineage(dir, id);
    const run = await this.client.run({
      experiment: await this.client.experiment(experiment),
      name: id,
      at,
      params: paramsOf(set, lineage),
      metrics: metricsOf(set, lineage),
      tags: [tag(setTag, id)],
    });
    for (const one of detectorsOf(set)) await this.publishDetector(set, one, run, at);
    await this.client.putArtifact(`${run.folder}/set/index.json`, Buffer.from(indexText(set.index)));
    await this.client.ensureModel(model, 'Sets of models of tocsin: detectors, templates, calibration');
    return this.client.createVersion({
      name: model,
      source: artifactUri(`${run.folder}/set`),
      run: run.id,
      tags: [tag(setTag, id)],
      description: `Artefact set ${id}`,
    });
  }

  /** A model that Python loads; one that is there already is left, whatever set it came with. */
  private async publishDetector(
    set: ArtefactSet,
    { detector, hash }: SetDetector,
    run: { readonly id: string; readonly folder: string },
    at: number,
  ): Promise<void> {
    const name = this.modelOf(detector);
    await this.client.ensureModel(name, `${detector} of tocsin`);
    if (versionWith(await this.client.versions(name), hashTag, hash)) return;
    const folder = `${run.folder}/${detector}`;
    await this.client.putArtifact(`${folder}/model.onnx`, set.bytes(detector));
    await this.client.putArtifact(`${folder}/MLmodel`, Buffer.from(modelFile(hash, at)));
    const tags = [tag(hashTag, hash), tag(setTag, set.id)];
    const description = `${detector} of the artefact set ${set.id}`;
    await this.client.createVersion({ name, source: artifactUri(folder), run: run.id, tags, description });
  }

  /** Brings the aliases of tocsin's own names to what they stand for; other aliases are left alone. */
  async nameAs(dir: string, names: ReadonlyMap<string, string>, at: number): Promise<void> {
    const { model } = this.options;
    /** Version that each alias is to have, by registered model. */
    const wanted = new Map<string, Map<string, string>>();
    const want = (name: string, alias: string, version: string): void => {
      wanted.set(name, (wanted.get(name) ?? new Map<string, string>()).set(alias, version));
    };
    for (const [alias, id] of names) {
      want(model, alias, await this.publish(dir, id, at));
      for (const { detector, hash } of detectorsOf(await openSet(dir, id))) {
        const name = this.modelOf(detector);
        const version = versionWith(await this.client.versions(name), hashTag, hash);
        if (version !== undefined) want(name, alias, version);
      }
    }
    for (const { name, aliases = [] } of await this.client.models(model)) {
      const own = wanted.get(name) ?? new Map<string, string>();
      // Another fleet's model may begin alike.
      if (name !== model && !name.startsWith(`${model}-`)) continue;
      for (const { alias } of aliases) if (isOwn(alias) && !own.has(alias)) await this.client.deleteAlias(name, alias);
      for (const [alias, version] of own)
        if (!aliases.some((one) => one.alias === alias && one.version === version))
          await this.client.setAlias(name, alias, version);
    }
  }

  /** Copies a set into the folder, by its id or by an alias; gives its id. Throws a RegistryError where there is none. */
  async fetch(dir: string, named: string): Promise<string> {
    const { model } = this.options;
    let id = named;
    if (!/^[0-9a-f]{32}$/.test(named)) {
      const version = await this.client.aliased(model, named);
      const found = version?.tags?.find(({ key }) => key === setTag)?.value;
      if (found === undefined)
        throw new RegistryError(`no version of the model ${model} in MLflow has the alias ${named}`);
      id = found;
    }
    await fetchSet(dir, id, this);
    await openSet(dir, id);
    return id;
  }

  private modelOf(detector: string): string {
    return `${this.options.model}-${detector.slice('detector/'.length).replaceAll('/', '-')}`;
  }
}

const tag = (key: string, value: string): MlflowTag => ({ key, value });

const versionWith = (versions: readonly ModelVersion[], key: string, value: string): string | undefined =>
  versions.find(({ tags = [] }) => tags.some((one) => one.key === key && one.value === value))?.version;

interface SetDetector {
  /** Its name in the set. */
  readonly detector: string;
  readonly hash: string;
}

const detectorsOf = ({ index }: ArtefactSet): readonly SetDetector[] =>
  index.members.flatMap(({ name, hash }) => (name.startsWith('detector/') ? [{ detector: name, hash }] : []));

const iso = (ms: number): string => new Date(ms).toISOString();

const paramsOf = ({ index }: ArtefactSet, lineage: Lineage | undefined): MlflowTag[] => [
  tag('from', iso(index.from)),
  ...(lineage
    ? [
        tag('data_from', iso(lineage.data.from)),
        tag('data_to', iso(lineage.data.to)),
        tag('seed', String(lineage.seed)),
        tag('settings', lineage.settings),
        tag('parent', lineage.parent ?? 'none'),
      ]
    : []),
];

const metricsOf = (set: ArtefactSet, lineage: Lineage | undefined): Record<string, number> => ({
  detectors: detectorsOf(set).length,
  bytes: set.index.members.reduce((sum, { bytes }) => sum + bytes, 0),
  ...(lineage ? { rows: lineage.rows, entities: lineage.entities, templates: lineage.templates } : {}),
});
