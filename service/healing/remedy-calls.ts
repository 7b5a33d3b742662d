/** Calls of remediation tools: what was intended in the ledger is carried out once, and its outcome is written there. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { egressAgents, type EgressAgents } from '../../connectors/webhook/egress.js';
import { postJson } from '../../connectors/webhook/post.js';
import { remedyRequest, shownHeaders } from '../../connectors/webhook/remedy.js';
import type { Proposal } from '../../operators/heal/guards.js';
import { actionId } from '../../operators/heal/rule.js';
import type { Alert } from '../../records/alert.js';
import type { HealingEntry, HealingNote } from '../../records/healing.js';
import { callOf, remedyTargets } from './options.js';
import { shownBody } from './shown-body.js';
import { shownUrl } from '../../connectors/webhook/shown-url.js';

export interface RemedyCallsParts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Writes to the ledger. */
  readonly write: (note: HealingNote) => Promise<unknown>;
  /** Why nothing may be called now. */
  readonly stopped: () => string | undefined;
  /** The process ends. */
  readonly closing: AbortSignal;
  /** The term in which this process leads, as the ledger knows it too; undefined where another one does. */
  readonly term: () => number | undefined;
  /** An outcome could not be written: the lead or the log is lost. */
  readonly unwritten: () => void;
}

/** An intent older than this is not called any more, ms: somebody else may lead by now. */
const leaseMs = 5000;

export class RemedyCalls {
  private readonly underWay = new Set<Promise<void>>();
  private readonly agents: EgressAgents;

  constructor(private readonly parts: RemedyCallsParts) {
    this.agents = egressAgents(parts.config.healing.private, 'healing.private');
  }

  /** The request as people may see it. */
  preview({ rule, alert }: Proposal): string {
    const { config } = this.parts;
    const target = remedyTargets(config).get(rule.target)!;
    const call = callOf(config, rule.name, actionId(rule.name, alert.fingerprint), alert);
    const { body, headers } = remedyRequest(target, call, new Date(0));
    return `POST ${shownUrl(target.url)} ${JSON.stringify(shownHeaders(headers))} ${shownBody(body)}`.slice(0, 4000);
  }

  /** Carries out what has just been intended. */
  begin(entry: HealingEntry, alert: Alert): void {
    const { log, term, unwritten } = this.parts;
    const call: Promise<void> = this.call(entry, alert, performance.now(), term())
      .catch((error: unknown) => {
        log.error({ id: entry.id, error: (error as Error).message }, 'outcome of a healing call not written');
        unwritten();
      })
      .finally(() => this.underWay.delete(call));
    this.underWay.add(call);
  }

  /** Waits for calls under way, up to a limit. */
  async settle(limitMs: number): Promise<void> {
    await Promise.race([Promise.all(this.underWay), sleep(limitMs, undefined, { ref: false })]);
  }

  private async call(entry: HealingEntry, alert: Alert, committed: number, term: number | undefined): Promise<void> {
    const { config, write, stopped, closing } = this.parts;
    const target = remedyTargets(config).get(entry.target)!;
    const request = remedyRequest(target, callOf(config, entry.rule, entry.id, alert), new Date());
    // The last look, immediately before the call.
    const stop = stopped() ?? (performance.now() - committed > leaseMs ? 'the intent has become too old' : undefined);
    const isLost = term === undefined || this.parts.term() !== term;
    if (isLost || closing.aborted) {
      // Who leads now has called it unknown; where nobody does, nothing left this process, and the next start says so.
      if (!isLost) await write({ ...entry, what: 'withheld', why: 'tocsin was stopped' });
      return;
    }
    if (stop) {
      await write({ ...entry, what: 'withheld', why: stop });
      return;
    }
    const outcome = await postJson(target.url, request.body, {
      headers: request.headers,
      timeoutMs: target.timeout,
      agents: this.agents,
    });
    const { deliveries } = this.parts.metrics;
    const route = `heal/${entry.target}`;
    if (outcome.ok) {
      deliveries.inc({ route, outcome: 'delivered' });
      await write({ ...entry, what: 'done', why: `answered ${outcome.status}` });
    } else {
      // Refused, or it never left: nothing was carried out. All else may have been.
      const failed = !outcome.sent || !outcome.retryable;
      deliveries.inc({ route, outcome: failed ? 'refused' : 'unknown' });
      await write({ ...entry, what: failed ? 'failed' : 'unknown', why: outcome.error });
    }
  }
}
