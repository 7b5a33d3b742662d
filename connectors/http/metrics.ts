/** The metrics of a process, in one place: names, help and labels come from here, the reference page too. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EntityMetrics } from './entity-metrics.js';
import { ExemplarHistogram } from './open-metrics.js';
import { QuarantineMetrics } from './quarantine-metrics.js';
import { SeenEntities } from './seen-entities.js';
import { ServiceMetrics } from './service-metrics.js';

/** Makes all metrics on a registry of their own, so that two runs in one process do not mix. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    shown: new EntityMetrics(registry),
    services: new ServiceMetrics(registry),
    seen: new SeenEntities(registry),
    quarantined: new QuarantineMetrics(registry),
    records: new Counter({
      name: 'tocsin_records_total',
      help: 'Records read from a source.',
      labelNames: ['source'],
      registers,
    }),
    restores: new Counter({
      name: 'tocsin_restores_total',
      help: 'Tasks that this member of a fleet restored: one for each partition that came, by topology.',
      labelNames: ['topology'],
      registers,
    }),
    lost: new Counter({
      name: 'tocsin_lost_records_total',
      help: 'Records that retention deleted before they were read; windows in their place are flagged lost.',
      labelNames: ['source'],
      registers,
    }),
    rejected: new Counter({
      name: 'tocsin_rejected_total',
      help: 'Items refused, by reason; each is in the dead letters.',
      labelNames: ['topology', 'reason'],
      registers,
    }),
    misdated: new Counter({
      name: 'tocsin_misdated_records_total',
      help: 'Records of a source with a time that cannot be right: `late` behind what is closed, `future` ahead of every clock.',
      labelNames: ['source', 'reason'],
      registers,
    }),
    noted: new Counter({
      name: 'tocsin_noted_total',
      help: 'What was read and is worth a look: invalid UTF-8, session keys that are too long, or of a line that has more than 256 of a class.',
      labelNames: ['what'],
      registers,
    }),
    lines: new Counter({
      name: 'tocsin_lines_total',
      help: 'Lines by what became of them: read, joined to the record before, refused. They add up to what came in.',
      labelNames: ['source', 'fate'],
      registers,
    }),
    borrowedTimes: new Counter({
      name: 'tocsin_lines_without_time_total',
      help: 'Lines read without a time of their own: the broker gave it, or the line before.',
      labelNames: ['source'],
      registers,
    }),
    partials: new Counter({
      name: 'tocsin_windows_records_total',
      help: 'Records written to the windows log, by type.',
      labelNames: ['type'],
      registers,
    }),
    limited: new Counter({
      name: 'tocsin_limited_partials_total',
      help: 'Partials in which something did not get a place of its own, by the limit: entities, signatures, session_keys, points.',
      labelNames: ['source', 'limit'],
      registers,
    }),
    lag: new Gauge({
      name: 'tocsin_source_lag_records',
      help: 'Records between the position and the end of a source.',
      labelNames: ['source'],
      registers,
    }),
    schemaWait: new Gauge({
      name: 'tocsin_schema_registry_waiting',
      help: '1 while a source waits for its schema registry.',
      labelNames: ['source'],
      registers,
    }),
    schemaRequests: new Counter({
      name: 'tocsin_schema_requests_total',
      help: 'Schemas asked of a registry, by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    watermark: new Gauge({
      name: 'tocsin_mark_timestamp_seconds',
      help: 'Event time of the last mark of a source.',
      labelNames: ['source'],
      registers,
    }),
    boundary: new Gauge({
      name: 'tocsin_boundary_timestamp_seconds',
      help: 'Event time of the last boundary that a shard closed.',
      labelNames: ['shard'],
      registers,
    }),
    entities: new Gauge({
      name: 'tocsin_entities',
      help: 'Services and series that a shard knows.',
      labelNames: ['shard'],
      registers,
    }),
    overflow: new Gauge({
      name: 'tocsin_overflow_partials',
      help: 'Partials of entities beyond the limit of a shard, merged into its overflow entity.',
      labelNames: ['shard'],
      registers,
    }),
    stalled: new Gauge({
      name: 'tocsin_source_stalled',
      help: '1 while a source is left out because it holds the others back.',
      labelNames: ['source'],
      registers,
    }),
    windows: new Counter({
      name: 'tocsin_windows_total',
      help: 'Windows and sessions decided.',
      labelNames: ['kind'],
      registers,
    }),
    scores: new Counter({
      name: 'tocsin_scores_total',
      help: 'Scores given by a detector.',
      labelNames: ['detector'],
      registers,
    }),
    fired: new Counter({
      name: 'tocsin_fired_total',
      help: 'Decisions that fired.',
      labelNames: ['kind', 'policy'],
      registers,
    }),
    inexact: new Counter({
      name: 'tocsin_inexact_windows_total',
      help: 'Windows flagged inexact, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    alerts: new Counter({
      name: 'tocsin_alerts_total',
      help: 'Alert transitions.',
      labelNames: ['change', 'severity'],
      registers,
    }),
    past: new Counter({
      name: 'tocsin_alerts_past_total',
      help: 'Alerts that were not notified, since they were older than `respond.max_age` when they were decided.',
      registers,
    }),
    firing: new Gauge({ name: 'tocsin_alerts_firing', help: 'Alerts that fire now.', registers }),
    verdicts: new Counter({
      name: 'tocsin_verdicts_total',
      help: 'Verdicts taken, by value.',
      labelNames: ['value'],
      registers,
    }),
    revocations: new Counter({
      name: 'tocsin_verdicts_revoked_total',
      help: 'Verdicts taken back, by the value that they had.',
      labelNames: ['value'],
      registers,
    }),
    deliveries: new Counter({
      name: 'tocsin_deliveries_total',
      help: 'Outcomes of calls to the outside, by route.',
      labelNames: ['route', 'outcome'],
      registers,
    }),
    healing: new Counter({
      name: 'tocsin_healing_total',
      help: 'Entries of the healing log: what was done, held or found, by rule.',
      labelNames: ['what', 'rule'],
      registers,
    }),
    ledgerEntries: new Gauge({
      name: 'tocsin_healing_ledger_entries',
      help: 'Entries of the ledger of healing: it never falls, or the end of the ledger was cut off.',
      registers,
    }),
    healingStopped: new Gauge({
      name: 'tocsin_healing_stopped',
      help: '1 while healing is stopped, by a person, a file or a failure.',
      registers,
    }),
    escalations: new Counter({
      name: 'tocsin_healing_escalations_total',
      help: 'Healing that needs a person: unknown outcomes, open breakers, remedies that do not help.',
      labelNames: ['what'],
      registers,
    }),
    checkpoints: new Counter({
      name: 'tocsin_checkpoints_total',
      help: 'Checkpoints written.',
      labelNames: ['task'],
      registers,
    }),
    stage: new Histogram({
      name: 'tocsin_slice_seconds',
      help: 'Time that one slice took in a topology, output and flush included.',
      labelNames: ['topology'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    decisionDelay: new ExemplarHistogram({
      name: 'tocsin_decision_delay_seconds',
      help: 'Time from the end of a window to its decision in the log, of shards of this process while they are live. Exemplars name a decision, as /api/v1/decisions has it; needs `http.console`.',
      buckets: [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
      registers,
    }),
    trainings: new Counter({
      name: 'tocsin_trainings_total',
      help: 'Trainings by what became of them, as every process reads it: promoted, refused by the checks, too little to learn from, failed.',
      labelNames: ['outcome'],
      registers,
    }),
    modelsInForce: new Gauge({
      name: 'tocsin_models_in_force',
      help: '1 while models are in force, those that ship with tocsin included; with 0 only plain rules can fire.',
      registers,
    }),
    modelNames: new Gauge({
      name: 'tocsin_model_names',
      help: '1 for the set that each name stands for: champion, challenger and others.',
      labelNames: ['alias', 'artefact'],
      registers,
    }),
    trainedUpTo: new Gauge({
      name: 'tocsin_models_trained_to_timestamp_seconds',
      help: 'Event time up to which the models in force were trained; absent for those that ship with tocsin.',
      registers,
    }),
    trainedAt: new Gauge({
      name: 'tocsin_models_promoted_timestamp_seconds',
      help: 'When the models in force were promoted.',
      registers,
    }),
    trainingBehind: new Gauge({
      name: 'tocsin_training_behind_seconds',
      help: 'Event time that was decided since the last window that the models in force were trained on.',
      registers,
    }),
    canaryShare: new Gauge({
      name: 'tocsin_canary_share',
      help: 'Share of the entities that the canary scores; 0 without one.',
      registers,
    }),
    canaryAlerts: new Gauge({
      name: 'tocsin_canary_alerts',
      help: 'Alerts since the canary began, of its entities and of the rest.',
      labelNames: ['group'],
      registers,
    }),
    canaryEvidence: new Gauge({
      name: 'tocsin_canary_evidence',
      help: 'Logarithm of the evidence that the canary is louder than the champion, or has more, or fewer, false alerts; above 4.6 of louder or more-false it is ended.',
      labelNames: ['that'],
      registers,
    }),
    canaryRollbacks: new Counter({
      name: 'tocsin_canary_rollbacks_total',
      help: 'Canaries that this process ended.',
      registers,
    }),
    shadowWindows: new Gauge({
      name: 'tocsin_shadow_windows',
      help: 'Windows that a shadow decided: only-shadow, only-champion, both-fire, neither-fires; broken: no finite score.',
      labelNames: ['shadow', 'outcome'],
      registers,
    }),
    shadowAlerts: new Gauge({
      name: 'tocsin_shadow_alerts',
      help: 'Alerts that a shadow would have raised, and those of what decided, since the shadow began.',
      labelNames: ['shadow', 'by'],
      registers,
    }),
    mlflowUp: new Gauge({
      name: 'tocsin_mlflow_up',
      help: '1 where the names of sets were last written to MLflow, 0 where that failed and is tried again.',
      registers,
    }),
    drift: new Gauge({
      name: 'tocsin_drift',
      help: '1 for an entity whose last day is unlike what the models in force learnt of it.',
      labelNames: ['entity'],
      registers,
    }),
    driftEntities: new Gauge({
      name: 'tocsin_drift_entities',
      help: 'Entities that drift was last looked for in.',
      registers,
    }),
    driftYoung: new Gauge({
      name: 'tocsin_drift_young_entities',
      help: 'Entities with too short a past to look for drift in.',
      registers,
    }),
    driftLooked: new Gauge({
      name: 'tocsin_drift_looked_timestamp_seconds',
      help: 'When drift was last looked for.',
      registers,
    }),
    onlineRows: new Counter({
      name: 'tocsin_online_rows_total',
      help: 'Rows that were written to the online feature store.',
      registers,
    }),
    onlineFailures: new Counter({
      name: 'tocsin_online_failures_total',
      help: 'Attempts to write to the online feature store that failed; each is made again.',
      registers,
    }),
    onlineWritten: new Gauge({
      name: 'tocsin_online_written_timestamp_seconds',
      help: 'When the online feature store was last written.',
      registers,
    }),
    snapshotAt: new Gauge({
      name: 'tocsin_snapshot_timestamp_seconds',
      help: 'When the newest snapshot of what was learnt was asked for.',
      registers,
    }),
    reverts: new Counter({
      name: 'tocsin_reverts_total',
      help: 'Shards of this process that went back to a snapshot.',
      registers,
    }),
    ready: new Gauge({
      name: 'tocsin_ready',
      help: '1 while /readyz answers 200: every task has its state and makes progress, and what is needed answers.',
      registers,
    }),
  };
}

/** All metrics of a process. */
export type Metrics = ReturnType<typeof createMetrics>;
