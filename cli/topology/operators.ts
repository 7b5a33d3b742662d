/** What the drawing says of each operator, in order of the flow. A test holds the names against topologies/. */

export interface DrawnOperator {
  readonly name: string;
  readonly note: string;
}

const of = (name: string, note: string): DrawnOperator => ({ name, note });

export const drawn = {
  ingest: [
    of('decode', 'bytes to fields; what cannot be read is rejected'),
    of('sign', 'signature of the message by byte scan'),
    of('aggregate', 'partials by key and pane; late records rejected'),
    of('emitMarks', 'the watermark, after all that it covers'),
    of('keepRaw', 'rejects keep all of their record'),
  ],
  detect: [
    of('merge', 'partials of all sources; closes boundaries in turn'),
    of('awaitArtefacts', 'nothing is scored before its models are loaded'),
    of('template', 'signatures to templates of the catalogue'),
    of('rules', 'plain rules beside the detectors'),
    of('featurise', "features against the entity's own baseline"),
    of('scoreSessions', 'rarity of sessions'),
    of('score', 'every ONNX detector of the set in force'),
    of('calibrate', 'scores to return levels (alerts a week)'),
    of('select', 'whom to believe, at what threshold'),
    of('learnSessions', 'classes learn from sessions that are over'),
    of('track', 'episodes to alerts that explain themselves'),
  ],
  respond: [
    of('deduplicate', 'repeats dropped; one notice a transition'),
    of('group', 'what breaks together is one incident'),
    of('route', 'one call a matching route'),
  ],
} as const satisfies Record<string, readonly DrawnOperator[]>;
