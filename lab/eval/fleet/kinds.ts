/** What may happen to a service of the benchmark: incidents that an engineer with graphs would want to be paged for, and changes that should not page. */

/** How a service says what it says: each has a way of its own to stamp a line, to name a level and to write fields. */
export const lineFormats = ['json', 'logfmt', 'log4j', 'python', 'syslog', 'iso', 'bracketed', 'access'] as const;
export type LineFormat = (typeof lineFormats)[number];

export const incidentKinds = [
  'error burst',
  'new error',
  'failing requests',
  'failing endpoint',
  'rejected requests',
  'silence',
  'traffic drop',
  'overload',
  'slow everywhere',
  'slow endpoint',
  'slow tail',
  'leak',
  'bad deploy',
  'crash loop',
  'missing job',
  'stuck component',
  'backlog',
  'replica failing',
  'runaway log',
  'warnings',
] as const;
export type FleetIncidentKind = (typeof incidentKinds)[number];

export const changeKinds = [
  'deploy',
  'deploy with new lines',
  'restart',
  'new line',
  'new job',
  'new service',
  'retired service',
  'more traffic',
  'less traffic',
  'debug lines',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

export interface FleetEvent {
  /** One of those above, or of another world's. */
  readonly kind: string;
  readonly harmless: boolean;
  readonly service: string;
  /** ms since 1970; end is exclusive. */
  readonly start: number;
  readonly end: number;
  /** Within the first three days: detection has seen hours, not weeks. */
  readonly early: boolean;
  /** 1 is usual; .7 to 1.4. */
  readonly strength: number;
  /** Which operation, line, job or replica it is about, by the service's own numbering. */
  readonly part: number;
}
