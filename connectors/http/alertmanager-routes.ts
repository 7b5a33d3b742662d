/** Alertmanager as a door for verdicts: a route whose receiver says what its alerts were. Silences are never verdicts. */
import type { FastifyInstance } from 'fastify';
import { verdictValues, type VerdictValue } from '../../records/verdict.js';
import { alertLabels, type Alert } from '../../records/alert.js';
import { allowed, callerOf, type ApiToken } from './tokens.js';
import type { VerdictDoors } from './verdict-routes.js';

/** What the route needs of the run. */
export interface AlertmanagerDoors {
  readonly alerts: () => Iterable<Alert>;
  readonly giveVerdict: VerdictDoors['giveVerdict'];
}

interface WebhookBody {
  readonly receiver: string;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

const labels = { type: 'object', additionalProperties: { type: 'string' } } as const;
const webhookBody = {
  type: 'object',
  required: ['version', 'receiver', 'alerts'],
  properties: {
    version: { const: '4' },
    receiver: { type: 'string', maxLength: 200 },
    alerts: { type: 'array', maxItems: 1000, items: { type: 'object', required: ['labels'], properties: { labels } } },
  },
} as const;

/** `POST /api/alertmanager?verdict=expected`: the webhook body, version 4; alerts are known by their labels. */
export function alertmanagerRoutes(
  server: FastifyInstance,
  { alerts, giveVerdict }: AlertmanagerDoors,
  tokens: readonly ApiToken[],
): void {
  server.post<{ Body: WebhookBody; Querystring: { verdict: VerdictValue } }>(
    '/api/alertmanager',
    {
      bodyLimit: 1024 * 1024,
      onRequest: allowed(tokens, 'verdict'),
      schema: {
        body: webhookBody,
        querystring: {
          type: 'object',
          additionalProperties: false,
          required: ['verdict'],
          properties: { verdict: { type: 'string', enum: [...verdictValues] } },
        },
      },
    },
    async (request, reply) => {
      const { receiver, alerts: told } = request.body;
      const by = `receiver ${receiver} (${callerOf(request).name})`;
      const given: string[] = [];
      for (const { labels: theirs } of told) {
        // The latest episode of these labels; what Alertmanager's routes add is not ours.
        const known = [...alerts()]
          .filter((alert) => Object.entries(alertLabels(alert)).every(([name, value]) => theirs[name] === value))
          .sort((a, b) => b.startsAt - a.startsAt)
          .at(0);
        if (!known) continue;
        const { verdict: value } = request.query;
        const one = await giveVerdict({ alert: known.fingerprint, value, by, via: 'alertmanager' });
        if (one) given.push(...one.ids);
      }
      return reply.code(202).send({ given, unknown: told.length - given.length });
    },
  );
}
