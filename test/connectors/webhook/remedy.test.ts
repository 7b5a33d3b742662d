import { z } from 'zod';
import { remedyRequest, shownHeaders, type RemedyTarget } from '../../../connectors/webhook/remedy.js';
import { entity } from '../../../records/entity.js';
import { anAlert } from '../../builders/alert.js';

const target = (change: Partial<RemedyTarget>): RemedyTarget => ({
  name: 'tools',
  url: 'https://tools.example.com/',
  recipe: 'standard',
  headers: {},
  token: 't0ken',
  ...change,
});
const call = {
  id: 'f1-restart',
  rule: 'restart',
  alert: anAlert(),
  parameters: { service: '{{labels.service}}', why: '{{summary}}' },
};
const request = (change: Partial<RemedyTarget>, what = call) => {
  const { body, headers } = remedyRequest(target(change), what, new Date(0));
  return { body: JSON.parse(body) as unknown, headers };
};

/** The published formats, as far as they bind a request. */
const formats = {
  // docs.stackstorm.com, API: POST /v1/executions; every parameter of an action by name
  stackstorm: z.strictObject({
    action: z.string().regex(/^[\w-]+\.[\w.-]+$/),
    parameters: z.record(z.string(), z.unknown()),
  }),
  // docs.rundeck.com, API: Running a Job; option values are texts
  rundeck: z.strictObject({ options: z.record(z.string(), z.string()) }),
  // AWX API: job_templates launch
  awx: z.strictObject({ extra_vars: z.record(z.string(), z.unknown()) }),
  // docs.github.com, REST: create a repository dispatch event
  github: z.strictObject({
    event_type: z.string().min(1).max(100),
    client_payload: z.record(z.string(), z.unknown()).refine((payload) => Object.keys(payload).length <= 10),
  }),
  // ansible.eda.webhook and Argo Events take any JSON object
  eda: z.strictObject({ tocsin: z.object({ id: z.string(), parameters: z.record(z.string(), z.string()) }) }),
  'argo-events': z.object({ id: z.string(), labels: z.record(z.string(), z.string()) }),
  // prometheus.io, Alertmanager: webhook_config, version 4
  alertmanager: z.strictObject({
    version: z.literal('4'),
    groupKey: z.string(),
    truncatedAlerts: z.int(),
    status: z.enum(['firing', 'resolved']),
    receiver: z.string(),
    groupLabels: z.record(z.string(), z.string()),
    commonLabels: z.record(z.string(), z.string()),
    commonAnnotations: z.record(z.string(), z.string()),
    externalURL: z.string(),
    alerts: z.array(
      z.strictObject({
        status: z.enum(['firing', 'resolved']),
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        startsAt: z.iso.datetime(),
        endsAt: z.iso.datetime(),
        generatorURL: z.string(),
        fingerprint: z.string(),
      }),
    ),
  }),
  standard: z.strictObject({ type: z.string(), timestamp: z.iso.datetime(), data: z.record(z.string(), z.unknown()) }),
} as const;

test.each(Object.keys(formats) as (keyof typeof formats)[])('%s gets what it publishes', (recipe) => {
  const { body } = request({ recipe, action: 'core.restart' });
  expect(formats[recipe].safeParse(body).error).toBeUndefined();
});

test('each tool is authorised as it expects it, and every call carries its id', () => {
  expect(request({ recipe: 'stackstorm' }).headers['st2-api-key']).toBe('t0ken');
  expect(request({ recipe: 'rundeck' }).headers).toMatchObject({
    'x-rundeck-auth-token': 't0ken',
    accept: 'application/json',
  });
  expect(request({ recipe: 'github' }).headers).toMatchObject({
    authorization: 'Bearer t0ken',
    accept: 'application/vnd.github+json',
  });
  for (const recipe of Object.keys(formats) as (keyof typeof formats)[])
    expect(request({ recipe }).headers['webhook-id']).toBe('f1-restart');
});

test('parameters are rendered from the alert', () => {
  expect(request({ recipe: 'awx' }).body).toEqual({
    extra_vars: { service: 'cart', why: 'errors 12 times as many as usual' },
  });
});

test('what a log line or a label holds never becomes structure, template or header', () => {
  const nasty = '"}, "admin": true, {{secrets.x}} {{#labels}}x{{/labels}} ${7*7} <%= 1 %>\r\nx-evil: 1';
  const alert = anAlert({ entity: entity('service', { service: nasty }).key });
  const hostile = {
    ...call,
    alert: { ...alert, explanation: { ...alert.explanation, summary: nasty } },
  };
  const { body, headers } = request({ recipe: 'rundeck' }, hostile);
  expect(body).toEqual({ options: { service: nasty, why: nasty } });
  expect(Object.keys(headers)).not.toContain('x-evil');
  expect(Object.values(headers).join()).not.toMatch(/[\r\n]/);
});

test('a label of a megabyte is cut', () => {
  const alert = anAlert({ entity: entity('service', { service: 'x'.repeat(1_000_000) }).key });
  const { body } = remedyRequest(target({ recipe: 'rundeck' }), { ...call, alert }, new Date(0));
  expect(body.length).toBeLessThan(10_000);
});

test('a body of your own is a tree of templates', () => {
  const body = { host: '{{labels.service}}', all: '{{{labels}}}', '#severity': { urgent: '{{severity}}' } };
  expect(request({ body }).body).toEqual({
    host: 'cart',
    all: { alertname: 'TocsinAnomaly', kind: 'service', service: 'cart', environment: 'prod' },
    urgent: 'warning',
  });
});

test('what authorises is not shown', () => {
  const { headers } = request({
    recipe: 'stackstorm',
    headers: { 'x-api-key': 'k' },
    secret: 'whsec_c2VjcmV0c2VjcmV0',
  });
  expect(JSON.stringify(shownHeaders(headers))).not.toMatch(/t0ken|"k"|v1,/);
});
