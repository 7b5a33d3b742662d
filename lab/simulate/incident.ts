/** The truth: what is injected, where and when. Only the scorer and the simulated operator may read it. */

export const incidentKinds = [
  'error burst',
  'new error',
  'silence',
  'latency',
  'slow leak',
  'surge',
  'bad deploy',
  'broken sessions',
  'scheduled job',
  'rollout',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

export interface Incident {
  readonly id: string;
  readonly kind: IncidentKind;
  /** Names of the services, or of the session class, that show it. */
  readonly services: readonly string[];
  /** Keys of the sessions that are broken. */
  readonly sessions: readonly string[];
  /** ms since 1970; end is exclusive. */
  readonly start: number;
  readonly end: number;
  /** A change that was planned: it should not page. */
  readonly expected: boolean;
  readonly description: string;
  /** How hard it hits, .8 to 1.4. */
  readonly strength: number;
}
