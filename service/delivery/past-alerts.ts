/** Alerts of a backfill: counted, and summarised once in the log when no more come. */
import type { Logger } from 'pino';
import type { Metrics } from '../../connectors/http/metrics.js';
import type { Alert } from '../../records/alert.js';

/** After so long without another one they are summarised, ms. */
const settledMs = 30_000;
const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

export class PastAlerts {
  private count = 0;
  private first = Number.POSITIVE_INFINITY;
  private last = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly metrics: Pick<Metrics, 'past'>,
    private readonly log: Logger,
  ) {}

  add({ startsAt }: Alert): void {
    this.metrics.past.inc();
    this.count++;
    this.first = Math.min(this.first, startsAt);
    this.last = Math.max(this.last, startsAt);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.summarise(), settledMs);
    this.timer.unref();
  }

  /** Says once what has come since the last time. */
  summarise(): void {
    clearTimeout(this.timer);
    if (this.count === 0) return;
    this.log.info(
      `${this.count} alerts of the past, from ${minute(this.first)} to ${minute(this.last)} UTC, were not notified (respond.max_age): \`tocsin alerts list\` shows them, with --config FILE once the run is over`,
    );
    this.count = 0;
    this.first = Number.POSITIVE_INFINITY;
    this.last = 0;
  }
}
