/** The schema of the values of the Helm chart: closed everywhere, so that a mistyped key is refused and not ignored. */
import { configurationKeys } from './chart-keys.js';

type ChartSchema = Readonly<Record<string, unknown>>;

/** An object with these keys and no other. */
const closed = (properties: Readonly<Record<string, ChartSchema>>, required: readonly string[] = []): ChartSchema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length > 0 ? { required } : {}),
});
const list = (items: ChartSchema): ChartSchema => ({ type: 'array', items });
const text: ChartSchema = { type: 'string' };
const name: ChartSchema = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' };
const flag: ChartSchema = { type: 'boolean' };
const count = (minimum: number): ChartSchema => ({ type: 'integer', minimum });
/** Values that are handed to Kubernetes as they are. */
const free: ChartSchema = { type: 'object' };
const texts: ChartSchema = { type: 'object', additionalProperties: { type: 'string' } };

const quantities: ChartSchema = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    ['cpu', 'memory', 'ephemeral-storage'].map((key) => [
      key,
      { type: ['string', 'number'], pattern: '^[0-9.]+(m|[kMGT]i?)?$' },
    ]),
  ),
};

/** KEDA keeps these in a map of texts, where nothing else would find a mistyped one. */
const trigger = closed({
  lagThreshold: { type: 'string', pattern: '^[1-9][0-9]*$' },
  activationLagThreshold: { type: 'string', pattern: '^[0-9]+$' },
  limitToPartitionsWithLag: { enum: ['true', 'false'] },
  excludePersistentLag: { enum: ['true', 'false'] },
  sasl: { enum: ['plaintext', 'scram_sha256', 'scram_sha512', 'oauthbearer', 'aws_msk_iam', 'none'] },
  tls: { enum: ['enable', 'disable'] },
});

const autoscaling = closed({
  enabled: flag,
  // Never to none: windows close by event time that has to go on.
  minReplicas: count(1),
  maxReplicas: count(1),
  trigger,
});

const role = (scales: boolean): ChartSchema =>
  closed({
    enabled: flag,
    replicas: count(1),
    resources: closed({ requests: quantities, limits: quantities }),
    nodeOptions: text,
    ...(scales ? { autoscaling } : {}),
  });

export const chartSchema = (): ChartSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Values of the chart of tocsin; written by `npm run docs`',
  ...closed(
    {
      // Helm's own, which it puts into every chart's values.
      global: free,
      nameOverride: name,
      fullnameOverride: name,
      image: closed(
        {
          repository: { type: 'string', minLength: 1 },
          tag: text,
          digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
          pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
          pullSecrets: list(closed({ name }, ['name'])),
        },
        ['repository'],
      ),
      config: configurationKeys() as ChartSchema,
      createTopics: flag,
      roles: closed({ ingest: role(true), detect: role(true), respond: role(false), all: role(true) }),
      secretEnv: list(
        closed(
          {
            name: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
            secret: name,
            key: { type: 'string', minLength: 1 },
          },
          ['name', 'secret', 'key'],
        ),
      ),
      secretFiles: list(closed({ secret: name, path: { type: 'string', pattern: '^/' } }, ['secret', 'path'])),
      persistence: closed({
        size: { type: 'string', pattern: '^[0-9.]+[MGT]i$' },
        storageClass: text,
      }),
      shutdownSeconds: count(5),
      sessionSeconds: { type: 'integer', minimum: 6, maximum: 1800 },
      startupMinutes: count(1),
      service: closed({ port: { type: 'integer', minimum: 1, maximum: 65_535 }, annotations: texts }),
      podAnnotations: texts,
      podLabels: texts,
      nodeSelector: texts,
      tolerations: list(free),
      affinity: free,
      priorityClassName: text,
      networkPolicy: closed({
        enabled: flag,
        from: list(free),
        egressPorts: list({ type: 'integer', minimum: 1, maximum: 65_535 }),
        extraEgress: list(free),
      }),
      podDisruptionBudget: closed({ enabled: flag }),
      monitoring: closed({
        serviceMonitor: closed({
          enabled: flag,
          interval: { type: 'string', pattern: '^[0-9]+s$' },
          labels: texts,
        }),
        prometheusRule: closed({ enabled: flag, labels: texts, runbooks: { type: 'string', minLength: 1 } }),
        dashboards: closed({ enabled: flag, labels: texts }),
      }),
      istio: closed({
        enabled: flag,
        strict: flag,
        principals: list({ type: 'string', minLength: 1 }),
        gateway: text,
        host: text,
        canary: closed({ service: text, weight: { type: 'integer', minimum: 0, maximum: 100 } }),
      }),
      keda: closed({ authentication: text }),
    },
    ['config'],
  ),
});

export const chartSchemaFile = (): string => `${JSON.stringify(chartSchema(), null, 2)}\n`;
