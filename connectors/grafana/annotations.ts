/**
 * Alerts and deploys as annotations in Grafana, by its HTTP API:
 * <https://grafana.com/docs/grafana/latest/developers/http_api/annotations/>.
 *
 * An alert is a region, found again by its tag: nothing has to be remembered, and a repeat makes no second one.
 */
import axios from 'axios';
import { underBase } from '../webhook/address.js';
import { alertLabels, type Alert } from '../../records/alert.js';
import type { Change } from '../../records/change.js';
import { viewOf, type Presentation } from '../webhook/alert-view.js';
import { outcomeOf, type PostOutcome } from '../webhook/post.js';
import { renderText } from '../webhook/template.js';

/** Which Grafana is written to. */
export interface GrafanaOptions {
  /** Base address, for example http://grafana:3000. */
  readonly url: string;
  /** Token of a service account that may write annotations. */
  readonly token?: string;
  /** Dashboard and panel that they are bound to; without, they are the organisation's. */
  readonly dashboardUid?: string;
  readonly panelId?: number;
  readonly timeoutMs: number;
  /** Annotations that began longer ago are deleted, ms. */
  readonly keepMs: number;
  /** Annotations that there are at most. */
  readonly max: number;
  readonly presentation: Presentation;
}

/** Grafana shows HTML that it has sanitised; its content is escaped here already. */
const text = '<b>{{title}}</b>: {{summary}}<br>{{rarity}}{{#links}}<br><a href="{{url}}">{{name}}</a>{{/links}}';

interface FoundAnnotation {
  readonly id: number;
}

/** Share of the limit that may be written before what is too much is looked for: so much room is made each time. */
const room = 0.1;
/** Annotations that are deleted at once, so that nothing is held up for long. */
const deletedAtOnce = 200;

/** Keeps the annotations of one Grafana. */
export class GrafanaAnnotations {
  /** Written since it was last looked for what is too much. */
  private written = Infinity;
  private tidying: Promise<void> | undefined;

  constructor(private readonly options: GrafanaOptions) {}

  /** Writes the region of an alert, or brings the one that is there up to date. */
  async alert(alert: Alert, signal?: AbortSignal): Promise<PostOutcome> {
    const { startsAt, lastAt, at, status, fingerprint, severity } = alert;
    const { service } = alertLabels(alert);
    const own = `tocsin:${fingerprint}`;
    const region = {
      time: startsAt,
      timeEnd: status === 'resolved' ? lastAt : Math.max(lastAt, at),
      tags: ['tocsin', own, severity, status, ...(service ? [`service:${service}`] : [])],
      text: renderText(text, viewOf(alert, this.options.presentation), 'html'),
    };
    return this.put(own, region, signal);
  }

  /** Marks the time of a deploy. @param labels of what was deployed */
  async change(change: Change, labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<PostOutcome> {
    const own = `tocsin-deploy:${change.id}`;
    const line = '<b>Deploy</b>: {{title}} {{version}} {{by}}{{#url}}<br><a href="{{url}}">more</a>{{/url}}';
    return this.put(
      own,
      {
        time: change.at,
        tags: ['tocsin', 'deploy', own, ...Object.entries(labels).map(([name, value]) => `${name}:${value}`)],
        text: renderText(line, { ...change }, 'html'),
      },
      signal,
    );
  }

  private async put(own: string, annotation: object, signal: AbortSignal | undefined): Promise<PostOutcome> {
    const found = await this.call(
      'get',
      `?${new URLSearchParams({ tags: own, limit: '1' }).toString()}`,
      undefined,
      signal,
    );
    if (!found.outcome.ok) return found.outcome;
    const [known] = Array.isArray(found.body) ? (found.body as readonly FoundAnnotation[]) : [];
    if (known) return (await this.call('patch', `/${known.id}`, annotation, signal)).outcome;
    const { dashboardUid, panelId } = this.options;
    const place = {
      ...(dashboardUid === undefined ? {} : { dashboardUID: dashboardUid }),
      ...(panelId === undefined ? {} : { panelId }),
    };
    const { outcome } = await this.call('post', '', { ...place, ...annotation }, signal);
    this.written++;
    if (outcome.ok && this.written > this.options.max * room) await (this.tidying ??= this.tidy(signal));
    return outcome;
  }

  /** Deletes what is older than is kept, and the oldest beyond the limit. What fails is tried after the next. */
  private async tidy(signal: AbortSignal | undefined): Promise<void> {
    const { keepMs, max } = this.options;
    // Calls under way at once may write some more.
    const kept = Math.floor(max * (1 - 2 * room));
    try {
      const old = { from: '1', to: String(Date.now() - keepMs), limit: String(deletedAtOnce) };
      // Grafana gives the latest first.
      const beyond = { limit: String(kept + deletedAtOnce) };
      const [expired, all] = [await this.own(old, signal), await this.own(beyond, signal)];
      const gone = new Set([...expired, ...all.slice(kept)].map(({ id }) => id));
      for (const id of gone) if (!(await this.call('delete', `/${id}`, undefined, signal)).outcome.ok) return;
      this.written = gone.size >= deletedAtOnce ? Infinity : 0;
    } finally {
      this.tidying = undefined;
    }
  }

  private async own(
    query: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<FoundAnnotation[]> {
    const asked = new URLSearchParams({ tags: 'tocsin', type: 'annotation', ...query });
    const { body } = await this.call('get', `?${asked.toString()}`, undefined, signal);
    return Array.isArray(body) ? (body as FoundAnnotation[]) : [];
  }

  private async call(
    method: 'get' | 'post' | 'patch' | 'delete',
    path: string,
    data: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ outcome: PostOutcome; body?: unknown }> {
    const { url, token, timeoutMs } = this.options;
    let body: unknown;
    const outcome = await outcomeOf(timeoutMs, signal, async (limited) => {
      const answer = await axios.request<unknown>({
        method,
        url: underBase(url, `/api/annotations${path}`),
        data,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'tocsin',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        ...limited,
      });
      body = answer.data;
      return answer;
    });
    return { outcome, body };
  }
}
