/**
 * The REST API of an MLflow tracking server: <https://mlflow.org/docs/latest/rest-api.html>; artefacts by its proxy,
 * `/api/2.0/mlflow-artifacts`.
 */
import axios, { isAxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { shownUrl } from '../webhook/shown-url.js';

/** Which server is asked. */
export interface MlflowOptions {
  /** Base address, for example http://mlflow:5000. */
  readonly url: string;
  readonly username?: string;
  readonly password?: { reveal(): string };
  readonly token?: { reveal(): string };
  /** Limit of one request, ms. */
  readonly timeoutMs: number;
}

/** The server did not answer, or not as asked. */
export class MlflowError extends Error {
  override readonly name = 'MlflowError';

  constructor(
    message: string,
    /** As the API has it: `RESOURCE_DOES_NOT_EXIST`; empty where there was no answer. */
    readonly code: string,
  ) {
    super(message);
  }
}

const isOf = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof MlflowError && codes.includes(error.code);

/** A version of a registered model. */
export interface ModelVersion {
  readonly version: string;
  readonly source?: string;
  readonly tags?: readonly MlflowTag[];
}

/** A tag of a run, a model or a version. */
export interface MlflowTag {
  readonly key: string;
  readonly value: string;
}

interface RegisteredModel {
  readonly name: string;
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[];
}

/** Bytes of one answer: an artefact is a model, or what describes one. */
const maxBytes = 512 * 1024 * 1024;
const pageSize = 1000;
const artifactScheme = 'mlflow-artifacts:';

/** The address of an artefact, as versions have it. */
export const artifactUri = (path: string): string => `${artifactScheme}/${path}`;

/** Asks one server. */
export class MlflowClient {
  private readonly http: AxiosInstance;
  private readonly shown: string;

  constructor({ url, username, password, token, timeoutMs }: MlflowOptions) {
    this.shown = shownUrl(url);
    this.http = axios.create({
      baseURL: `${url.replace(/\/+$/, '')}/api/2.0/`,
      timeout: timeoutMs,
      maxContentLength: maxBytes,
      maxBodyLength: maxBytes,
      maxRedirects: 0,
      proxy: false,
      ...(username === undefined ? {} : { auth: { username, password: password?.reveal() ?? '' } }),
      ...(token ? { headers: { Authorization: `Bearer ${token.reveal()}` } } : {}),
    });
  }

  /** The id of an experiment, which is created where it is missing. */
  async experiment(name: string): Promise<string> {
    const path = 'mlflow/experiments/get-by-name';
    const found = await this.orUndefined(
      this.get<{ experiment: { experiment_id: string } }>(path, { experiment_name: name }),
    );
    if (found) return found.experiment.experiment_id;
    return (await this.post<{ experiment_id: string }>('mlflow/experiments/create', { name })).experiment_id;
  }

  /** A finished run: its id, and where its artefacts are below the root of the server's store. */
  async run(run: {
    readonly experiment: string;
    readonly name: string;
    /** Wall-clock ms. */
    readonly at: number;
    readonly params: readonly MlflowTag[];
    readonly metrics: Readonly<Record<string, number>>;
    readonly tags: readonly MlflowTag[];
  }): Promise<{ readonly id: string; readonly folder: string }> {
    const { experiment, name, at, params, metrics, tags } = run;
    const created = await this.post<{ run: { info: { run_id: string; artifact_uri: string } } }>('mlflow/runs/create', {
      experiment_id: experiment,
      run_name: name,
      start_time: at,
      tags,
    });
    const { run_id: id, artifact_uri: uri } = created.run.info;
    if (!uri.startsWith(artifactScheme))
      throw new MlflowError(`MLflow at ${this.shown} keeps artefacts at ${uri}: start it with --serve-artifacts`, '');
    const measured = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: at, step: 0 }));
    await this.post('mlflow/runs/log-batch', { run_id: id, params, metrics: measured });
    await this.post('mlflow/runs/update', { run_id: id, status: 'FINISHED', end_time: at });
    return { id, folder: uri.slice(artifactScheme.length).replace(/^\/+/, '') };
  }

  /** Creates a registered model where it is missing. */
  async ensureModel(name: string, description: string): Promise<void> {
    try {
      await this.post('mlflow/registered-models/create', { name, description });
    } catch (error) {
      if (!isOf(error, ['RESOURCE_ALREADY_EXISTS'])) throw error;
    }
  }

  /** Registered models whose name begins with a prefix. */
  async models(prefix: string): Promise<readonly RegisteredModel[]> {
    const found = await this.pages<{ registered_models?: RegisteredModel[] }>('mlflow/registered-models/search', {
      filter: `name LIKE '${prefix}%'`,
    });
    return found.flatMap(({ registered_models: models = [] }) => models).filter(({ name }) => name.startsWith(prefix));
  }

  /** All versions of a registered model; none where there is no such model. */
  async versions(name: string): Promise<readonly ModelVersion[]> {
    const found = await this.pages<{ model_versions?: ModelVersion[] }>('mlflow/model-versions/search', {
      filter: `name='${name}'`,
    });
    return found.flatMap(({ model_versions: versions = [] }) => versions);
  }

  /** Gives the number of the version. */
  async createVersion(version: {
    readonly name: string;
    readonly source: string;
    /** The run whose artefacts it is among. */
    readonly run: string;
    readonly tags: readonly MlflowTag[];
    readonly description: string;
  }): Promise<string> {
    const { run, ...asked } = version;
    const created = await this.post<{ model_version: ModelVersion }>('mlflow/model-versions/create', {
      ...asked,
      run_id: run,
    });
    return created.model_version.version;
  }

  /** The version that an alias stands for. */
  async aliased(name: string, alias: string): Promise<ModelVersion | undefined> {
    const path = 'mlflow/registered-models/alias';
    const asked = this.get<{ model_version: ModelVersion }>(path, { name, alias });
    // What a model without this alias answers.
    return (await this.orUndefined(asked, 'INVALID_PARAMETER_VALUE'))?.model_version;
  }

  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.post('mlflow/registered-models/alias', { name, alias, version });
  }

  async deleteAlias(name: string, alias: string): Promise<void> {
    await this.orUndefined(
      this.asked(
        this.http.delete('mlflow/registered-models/alias', { data: { name, alias }, params: { name, alias } }),
      ),
    );
  }

  /** Writes an artefact below the root of the server's store. */
  async putArtifact(path: string, bytes: Uint8Array): Promise<void> {
    await this.asked(
      this.http.put(`mlflow-artifacts/artifacts/${path}`, Buffer.from(bytes), {
        headers: { 'Content-Type': 'application/octet-stream' },
      }),
    );
  }

  /** Undefined where there is none. */
  async getArtifact(path: string): Promise<Uint8Array | undefined> {
    const asked = this.http.get<ArrayBuffer>(`mlflow-artifacts/artifacts/${path}`, { responseType: 'arraybuffer' });
    const found = await this.orUndefined(this.asked(asked));
    return found && new Uint8Array(found);
  }

  private async pages<T>(path: string, asked: object): Promise<T[]> {
    const pages: (T & { next_page_token?: string })[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: T & { next_page_token?: string } = await this.get(path, {
        ...asked,
        max_results: pageSize,
        ...(next === '' ? {} : { page_token: next }),
      });
      pages.push(page);
      next = page.next_page_token || undefined;
    }
    return pages;
  }

  private get<T>(path: string, params: object): Promise<T> {
    return this.asked(this.http.get<T>(path, { params }));
  }

  private post<T>(path: string, body: object): Promise<T> {
    return this.asked(this.http.post<T>(path, body));
  }

  private async orUndefined<T>(asked: Promise<T>, ...more: readonly string[]): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (isOf(error, ['RESOURCE_DOES_NOT_EXIST', '404', ...more])) return undefined;
      throw error;
    }
  }

  private async asked<T>(request: Promise<AxiosResponse<T>>): Promise<T> {
    try {
      return (await request).data;
    } catch (error) {
      if (!isAxiosError(error)) throw error;
      const { response, message } = error;
      if (!response) throw new MlflowError(`MLflow at ${this.shown} does not answer: ${message}`, '');
      const { error_code: code, message: said } = problemOf(response.data);
      throw new MlflowError(
        `MLflow at ${this.shown} refused ${error.config?.method?.toUpperCase() ?? ''} ${error.config?.url ?? ''}: ${said || message}`,
        code || String(response.status),
      );
    }
  }
}

function problemOf(data: unknown): { readonly error_code: string; readonly message: string } {
  const nothing = { error_code: '', message: '' };
  try {
    const read: unknown =
      data instanceof ArrayBuffer || Buffer.isBuffer(data) ? JSON.parse(Buffer.from(data as Buffer).toString()) : data;
    return typeof read === 'object' && read !== null ? { ...nothing, ...(read as Partial<typeof nothing>) } : nothing;
  } catch {
    return nothing;
  }
}
