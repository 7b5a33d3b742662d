/** The alerts that the log holds: the latest state of each, and what happened to it in order. */
import type { Alert, Severity } from '../../records/alert.js';

/** One step in the life of an alert. */
export interface AlertStep {
  /** Event time at which it happened, ms since 1970. */
  readonly at: number;
  readonly what: 'fired' | 'worse' | 'better' | 'asked' | 'muted' | 'resolved';
  readonly severity: Severity;
  readonly u: number;
}

export interface KnownAlert {
  readonly alert: Alert;
  readonly steps: readonly AlertStep[];
}

const order: readonly Severity[] = ['info', 'warning', 'critical'];
const maxSteps = 50;

export class AlertHistory {
  private readonly known = new Map<string, { alert: Alert; steps: AlertStep[] }>();
  /** Last (offset, n) of each writer: a crash may write the same transition twice. */
  private readonly seen = new Map<string, readonly [number, number]>();

  /** @param kept - the oldest that are resolved are forgotten beyond it */
  constructor(private readonly kept = 5000) {}

  push(alert: Alert): void {
    const { source, offset, n } = alert.tag;
    const last = this.seen.get(source);
    if (last && (offset < last[0] || (offset === last[0] && n <= last[1]))) return;
    this.seen.set(source, [offset, n]);
    const known = this.known.get(alert.fingerprint);
    const what = stepOf(known?.alert, alert);
    const steps = known?.steps ?? [];
    if (what !== undefined && steps.length < maxSteps)
      steps.push({ at: alert.at, what, severity: alert.severity, u: alert.u });
    this.known.set(alert.fingerprint, { alert, steps });
    if (this.known.size > this.kept) this.forget();
  }

  get(fingerprint: string): KnownAlert | undefined {
    return this.known.get(fingerprint);
  }

  all(): IterableIterator<KnownAlert> {
    return this.known.values();
  }

  private forget(): void {
    const resolved = [...this.known.values()]
      .filter(({ alert }) => alert.status === 'resolved')
      .sort((a, b) => a.alert.lastAt - b.alert.lastAt);
    for (const { alert } of resolved.slice(0, Math.ceil(this.kept / 10))) this.known.delete(alert.fingerprint);
  }
}

function stepOf(before: Alert | undefined, now: Alert): AlertStep['what'] | undefined {
  if (now.status === 'resolved') return before?.status === 'resolved' ? undefined : 'resolved';
  if (now.muted !== '' && before?.muted !== now.muted) return 'muted';
  if (!before || before.status === 'resolved' || (before.audit && !now.audit)) return now.audit ? 'asked' : 'fired';
  const change = order.indexOf(now.severity) - order.indexOf(before.severity);
  return change > 0 ? 'worse' : change < 0 ? 'better' : undefined;
}
