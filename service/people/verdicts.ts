/** Verdicts: what they are about is found, they are written to the owning shard, recorded for every process, and taken back. */
import type { Metrics } from '../../connectors/http/metrics.js';
import type { GivenVerdicts, SaidVerdict, VerdictLog, VerdictRequest } from '../../connectors/http/verdict-request.js';
import type { Alert } from '../../records/alert.js';
import type { Control } from '../../records/control.js';
import { serviceOf, shardOf } from '../../records/entity.js';
import { hashText, hex } from '../../records/wire/hash.js';
import { decodeDecision, type Decision } from '../../records/score.js';
import type { ChannelWriter } from '../../records/store.js';
import type { ScoredContext, Verdict } from '../../records/verdict.js';
import { encodeWindowsRecord, type WindowsRecord } from '../../records/windows.js';
import type { TailReader } from '../flow/controls-log.js';

export interface VerdictParts {
  readonly shards: number;
  readonly windows: ChannelWriter;
  readonly decisions: () => Promise<TailReader>;
  readonly metrics: Metrics;
  readonly alerts: () => Iterable<Alert>;
  /** All that was said to any process, by id. */
  readonly controls: ReadonlyMap<string, Control>;
  readonly say: (control: Control) => Promise<void>;
}

/** What one verdict is about. */
interface AnsweredSubject {
  /** Fingerprint; a name of its own for a window without a notification. */
  readonly alert: string;
  readonly context: ScoredContext;
  readonly told: boolean;
}

/** Decisions of a shard, from its end back, among which a window without a notification is looked for. */
const lookBack = 500_000;
const pageSize = 1000;

const revocationOf = (id: string): string => `revoke ${id}`;

export class Verdicts implements VerdictLog {
  constructor(private readonly parts: VerdictParts) {}

  /** Gives a verdict on each alert that is meant; undefined where there is none. Giving it again changes nothing. */
  async give(request: VerdictRequest): Promise<GivenVerdicts | undefined> {
    const { value, by, via = 'api' } = request;
    const meant = await this.meant(request);
    if (meant.length === 0) return undefined;
    const { windows, shards, metrics, controls } = this.parts;
    const at = Date.now();
    const given = meant.map(({ alert, context, told }) => {
      const id = this.idOf(request, alert);
      const verdict: Verdict = { id, alert, value, by, at, context };
      windows.append(
        shardOf(context.entity, shards),
        context.entity,
        encodeWindowsRecord({ type: 'verdict', verdict } satisfies WindowsRecord),
      );
      return { verdict, told, isNew: !controls.has(id) };
    });
    await windows.flush();
    // For people, so that a link works once in every process, and so that it can be taken back.
    for (const { verdict, told, isNew } of given) {
      if (!isNew) continue;
      const { id, alert } = verdict;
      await this.parts.say({ id, command: 'verdict', about: alert, value, by, via, why: '', at, verdict });
      metrics.verdicts.inc({ value });
      if (value !== 'anomaly' && told) metrics.services.calledFalse(serviceOf(verdict.context.entity));
    }
    return { ids: given.map(({ verdict: { id } }) => id) };
  }

  async revoke(id: string, by: string, via: string): Promise<boolean> {
    const { controls, windows, shards, metrics, say } = this.parts;
    const said = controls.get(id);
    if (said?.command !== 'verdict' || !said.verdict) return false;
    if (controls.has(revocationOf(id))) return true;
    const { verdict } = said;
    const at = Date.now();
    windows.append(
      shardOf(verdict.context.entity, shards),
      verdict.context.entity,
      encodeWindowsRecord({ type: 'revocation', by, at, verdict }),
    );
    await windows.flush();
    await say({ id: revocationOf(id), command: 'revoke', about: id, value: verdict.value, by, via, why: '', at });
    metrics.revocations.inc({ value: verdict.value });
    return true;
  }

  said(): readonly SaidVerdict[] {
    const { controls } = this.parts;
    return [...controls.values()]
      .filter(({ command }) => command === 'verdict')
      .map(({ id, about, value, by, via, at, verdict }) => {
        const revoked = controls.get(revocationOf(id));
        return {
          ...{ id, alert: about, entity: verdict?.context.entity ?? '', value, by, via, at },
          ...(revoked ? { revoked: { by: revoked.by, via: revoked.via, at: revoked.at } } : {}),
        };
      });
  }

  /** The same verdict has the same id; one that was taken back can be given again. */
  private idOf({ id, value, by, ...subject }: VerdictRequest, alert: string): string {
    const { controls } = this.parts;
    if (id !== undefined) return 'alert' in subject ? id : `${id} ${alert}`;
    let made = hex(hashText([alert, value, by].join('\0')));
    while (controls.has(revocationOf(made))) made = hex(hashText(made));
    return made;
  }

  private async meant(request: VerdictRequest): Promise<readonly AnsweredSubject[]> {
    const alerts = [...this.parts.alerts()];
    const answered = (known: readonly Alert[]): AnsweredSubject[] =>
      known.map(({ fingerprint, context, audit }) => ({ alert: fingerprint, context, told: !audit }));
    if ('alert' in request) return answered(alerts.filter(({ fingerprint }) => fingerprint === request.alert));
    if ('alerts' in request) {
      const wanted = new Set(request.alerts);
      return answered(alerts.filter(({ fingerprint }) => wanted.has(fingerprint)));
    }
    if ('incident' in request)
      return answered(alerts.filter(({ annotations }) => annotations.incident === request.incident));
    const { entity, from, to, value } = request;
    const told = alerts.filter((alert) => alert.entity === entity && alert.startsAt < to && alert.lastAt > from);
    if (told.length > 0 || value !== 'anomaly') return answered(told);
    const missed = await this.rarest(entity, from, to);
    return missed
      ? [{ alert: `missed-${hex(hashText(entity))}-${missed.end}`, context: contextOf(missed), told: false }]
      : [];
  }

  /** The most unusual window of an entity in a time without a notification. */
  private async rarest(entity: string, from: number, to: number): Promise<Decision | undefined> {
    const reader = await this.parts.decisions();
    const shard = shardOf(entity, this.parts.shards);
    const { first, next } = await reader.range(shard);
    let rarest: Decision | undefined;
    for (let at = Math.max(first, next - lookBack); at < next;) {
      const records = await reader.read(shard, at, pageSize);
      const last = records.at(-1);
      if (!last) break;
      at = last.offset + 1;
      for (const { value } of records) {
        const decision = decodeDecision(value);
        if (decision.entity !== entity || decision.key !== '' || decision.arms.length === 0) continue;
        if (decision.start < to && decision.end > from && decision.u > (rarest?.u ?? -Infinity)) rarest = decision;
      }
    }
    return rarest;
  }
}

/** The context of a window from its decision. */
export function contextOf(decision: Decision): ScoredContext {
  const { entity, key, start, end, arms, u, threshold, policy, baselines, direction } = decision;
  return {
    entity,
    key,
    start,
    end,
    arms: arms.map((arm) => [arm.arm, arm.u]),
    u,
    threshold,
    // Found by a person, not shown by chance: it counts as one that was shown.
    propensity: 1,
    policy,
    own: arms.reduce((sum, arm) => sum + arm.weight * arm.u, 0),
    believed: arms.find(({ weight }) => weight === 1)?.arm ?? policy,
    baselines: baselines.map(([, fires]) => fires),
    direction,
    templates: [],
  };
}
