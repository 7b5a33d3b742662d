/** Deploys as others tell of them: GitHub, Argo CD, and a plain shape of our own. */
import type { Deploy } from '../../records/calendar.js';
import type { Labels } from '../../records/entity.js';

/** A message that tells of no deploy; `ignored` where it is well-formed but about something else. */
export class NoDeploy extends Error {
  override readonly name = 'NoDeploy';
  constructor(
    message: string,
    readonly ignored = false,
  ) {
    super(message);
  }
}

type DeployPayload = Readonly<Record<string, unknown>>;

const object = (value: unknown): DeployPayload =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as DeployPayload) : {};
const string = (value: unknown, longest = 200): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, longest) : '';
const web = (value: unknown): string => (/^https?:\/\/\S+$/.test(string(value, 1000)) ? string(value, 1000) : '');

/** ISO 8601, or ms or s since 1970; `now` where nothing is said. */
function timeOf(value: unknown, now: number): number {
  if (value === undefined || value === null || value === '') return now;
  const at = typeof value === 'number' ? (value < 1e11 ? value * 1000 : value) : Date.parse(string(value));
  if (!Number.isSafeInteger(Math.round(at)) || at < 0)
    throw new NoDeploy(`its time ${string(value)} cannot be read: use ISO 8601`);
  return Math.round(at);
}

/**
 * A deploy of any known shape.
 *
 * - GitHub: the webhook event `deployment_status`, once its state is `success`; the service is the repository's name.
 * - Argo CD: an `Application`, alone or as `app` or `application`, whose last operation succeeded; the service is its
 *   name.
 * - Generic: `{ "service": "cart", "version": "v1.2", "by": "ann", "at": "2026-01-05T03:00:00Z", "url": "https://…" }`,
 *   or `labels` instead of `service`.
 *
 * @param now wall clock, ms, for messages without a time
 * @throws NoDeploy
 */
export function deployOf(message: unknown, now: number): Deploy {
  const body = object(message);
  if (body.deployment !== undefined) return github(body, now);
  const application = object(body.application ?? body.app ?? (body.kind === 'Application' ? body : undefined));
  if (application.metadata !== undefined) return argo(application, now);
  return generic(body, now);
}

function github(body: DeployPayload, now: number): Deploy {
  const { deployment, deployment_status: status, repository } = body;
  const about = object(deployment);
  const state = string(object(status).state);
  if (state !== 'success') throw new NoDeploy(`a GitHub deployment in state ${state || 'created'}`, true);
  const { name, html_url: home } = object(repository);
  if (!string(name)) throw new NoDeploy('a GitHub deployment without repository.name');
  return made({
    id: `github/${string(object(repository).full_name)}/${string(about.id)}`,
    service: string(name),
    version: string(about.ref) || string(about.sha).slice(0, 12),
    by: string(object(about.creator).login),
    url: web(object(status).target_url) || web(object(status).log_url) || web(home),
    at: timeOf(object(status).created_at ?? about.created_at, now),
  });
}

function argo({ metadata, status }: DeployPayload, now: number): Deploy {
  const { name, uid } = object(metadata);
  const { sync, operationState } = object(status);
  const { phase, finishedAt } = object(operationState);
  if (string(phase) !== 'Succeeded')
    throw new NoDeploy(`an Argo CD application in phase ${string(phase) || 'unknown'}`, true);
  const revision = string(object(sync).revision);
  const images = object(object(status).summary).images;
  return made({
    id: `argocd/${string(uid) || string(name)}/${revision}/${string(finishedAt)}`,
    service: string(name),
    version: (Array.isArray(images) && string(images[0])) || revision.slice(0, 12),
    by: string(object(object(object(operationState).operation).initiatedBy).username),
    url: '',
    at: timeOf(finishedAt, now),
  });
}

function generic(body: DeployPayload, now: number): Deploy {
  const given = Object.entries(object(body.labels)).map(([name, value]) => [name, string(value)] as const);
  const labels: Labels = given.length > 0 ? Object.fromEntries(given) : { service: string(body.service) };
  const name = labels.service ?? Object.values(labels)[0];
  if (!name) throw new NoDeploy('it names no service: give service, or labels');
  const version = string(body.version);
  const at = timeOf(body.at, now);
  return made({
    id: string(body.id) || `${JSON.stringify(labels)}/${version}/${at}`,
    service: name,
    version,
    by: string(body.by),
    url: web(body.url),
    at,
    labels,
    title: string(body.title),
  });
}

function made(parts: {
  readonly id: string;
  readonly service: string;
  readonly version: string;
  readonly by: string;
  readonly url: string;
  readonly at: number;
  readonly labels?: Labels;
  readonly title?: string;
}): Deploy {
  const { id, service, version, by, url, at, labels = { service }, title } = parts;
  if (!service) throw new NoDeploy('it names no service');
  return { change: { id, at, title: title || service, version, by, url }, match: exactly(labels) };
}

/** A label value of a deploy is a value, never a pattern. */
const exactly = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.replace(/^\/(.*)\/$/, '$1')]));
