/** What the drawing says of each operator, in order of the flow. Tests hold names and stores against topologies/. */

export interface DrawnOperator {
  readonly name: string;
  readonly note: string;
  /** Stores of the task that it opens. A store that several operators open joins them beside the flow. */
  readonly stores: readonly string[];
}

const of = (name: string, note: string, ...stores: string[]): DrawnOperator => ({ name, note, stores });

export const drawn = {
  ingest: [
    of('decode', 'bytes to fields; what cannot be read is rejected', 'ingest.decode'),
    of('sign', 'signature of the message by byte scan'),
    of(
      'aggregate',
      'partials by key and pane; late records rejected',
      'ingest.source',
      'ingest.definitions',
      'ingest.open',
      'ingest.admitted',
      'ingest.new-entities',
      'ingest.lost',
    ),
    of('emitMarks', 'the watermark, after all that it covers', 'ingest.ordinal'),
    of('keepRaw', 'rejects keep all of their record'),
  ],
  detect: [
    of(
      'merge',
      'partials of all sources; closes boundaries in turn',
      'sources',
      'source-set',
      'source-losses',
      'quiet-sources',
      'input-lost',
      'open-windows',
      'late-entities',
      'overflow',
      'entities-looked-through',
      'open-sessions',
      'session-class-born',
      'boundary',
      'waiting-controls',
      'controls-taken',
      'finished',
      'calendar',
      'deploys',
      'input-alerts',
    ),
    of('leaveOut', 'without what a revert has left out', 'left-out'),
    of('awaitArtefacts', 'nothing is scored before its models are loaded', 'artefact', 'canary'),
    of('template', 'signatures to templates of the catalogue', 'signatures', 'artefact'),
    of('rules', 'plain rules beside the detectors', 'last-lines'),
    of(
      'featurise',
      "features against the entity's own baseline",
      'log-baselines',
      'series-baselines',
      'evidence',
      'signatures',
      'artefact',
      'calendar',
    ),
    of('scoreSessions', 'rarity of sessions'),
    of('score', 'every ONNX detector of the set in force', 'artefact', 'canary'),
    of(
      'calibrate',
      'scores to return levels (alerts a week)',
      'calibration',
      'habits',
      'aspect-calibration',
      'calendar',
    ),
    of(
      'select',
      'whom to believe, at what threshold',
      'policy',
      'budget-services',
      'session-policy',
      'session-class-began',
      'session-class-mined',
      'sessions-asked',
      'artefact',
      'canary',
      'calendar',
    ),
    of(
      'learnSessions',
      'classes learn from sessions that are over',
      'session-class',
      'session-class-arrivals',
      'session-class-artefact',
      'sessions-fired',
      'calendar',
    ),
    of(
      'track',
      'episodes to alerts that explain themselves',
      'episodes',
      'past-episodes',
      'alert-ordinals',
      'calendar',
      'deploys',
    ),
  ],
  respond: [
    of('deduplicate', 'repeats dropped; one notice a transition', 'alerts', 'seen'),
    of('group', 'what breaks together is one incident', 'alerts', 'incidents', 'incident-of', 'incident-by'),
    of('route', 'one call a matching route', 'told'),
  ],
} as const satisfies Record<string, readonly DrawnOperator[]>;
