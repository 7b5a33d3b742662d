/** An alert with everything that there may be in one: for checks of templates and for the documents. */
import type { Alert } from '../../records/alert.js';
import { summaryViewOf, viewOf, type Presentation } from './alert-view.js';
import type { TemplateView } from './template.js';

const start = Date.UTC(2026, 0, 5, 3);
const entity = 'service{environment="prod",service="cart",team="shop"}';

/** The alert. */
export const exampleAlert: Alert = {
  tag: { source: 'windows/0', incarnation: 0, epoch: 1, offset: start + 300_000, n: 0 },
  fingerprint: '3f9a1c20b7d4e8',
  entity,
  key: '',
  status: 'firing',
  startsAt: start,
  lastAt: start + 300_000,
  at: start + 300_000,
  severity: 'warning',
  u: 1.25,
  confidence: 0.9,
  audit: false,
  context: {
    entity,
    key: '',
    start,
    end: start + 300_000,
    arms: [],
    u: 1.25,
    threshold: 0,
    propensity: 1,
    policy: 'mixture',
    own: 1.25,
    believed: 'median',
    baselines: [],
    direction: 1,
    templates: [],
  },
  explanation: {
    summary: 'more errors (12%, typical 0.5%), new template "payment <*> refused"',
    rarity: 'expected less than once in 4 months',
    standouts: [{ feature: 'error_share', actual: 12, typical: 0.5, unit: '%', share: 0.8 }],
    templates: [{ template: 'payment <*> refused [new]', count: 40, novel: true, sample: 'payment 17 refused' }],
    believed: 'median: right in 4 of 5 verdicts',
    detectors: [{ detector: 'robust-z', u: 1.5, saw: true }],
    rules: ['refusals'],
  },
  annotations: {
    incident: 'i3f9a1c20b7d4e8',
    incident_size: '2',
    incident_origin: 'payments',
    incident_why: 'it began 10 min before the other',
    incident_members: 'payments, cart',
  },
  muted: '',
  changes: [{ id: 'd1', at: start - 240_000, title: 'cart', version: 'v1.2', by: 'ann', url: 'https://ci.example/1' }],
};

/** Addresses that its message has. */
export const examplePresentation: Presentation = {
  url: 'http://tocsin.example:9464',
  links: [{ name: 'runbook', url: 'https://wiki.example/{{labels.service}}' }],
};

/** What a template sees of it. */
export const exampleView: TemplateView = {
  ...viewOf(exampleAlert, examplePresentation),
  id: '',
  route: '',
  secrets: {},
};
/** What a template sees of several. */
export const exampleSummaryView: TemplateView = {
  ...summaryViewOf([exampleAlert], 'ops', examplePresentation),
  id: '',
  secrets: {},
};
