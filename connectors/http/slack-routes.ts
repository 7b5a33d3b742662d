/** Buttons in Slack: interaction payloads, signed by Slack (scheme v0, "Verifying requests from Slack"). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { verdictValues } from '../../records/verdict.js';
import { formOf } from './form.js';
import type { HealingApi } from './healing-routes.js';
import type { VerdictDoors } from './verdict-routes.js';

/** What the route needs of the run. */
export interface SlackDoors {
  readonly giveVerdict: VerdictDoors['giveVerdict'];
  readonly healing: () => HealingApi | undefined;
}

/** A request that is older may be a replay, s. */
const oldest = 300;

/**
 * Why a request is not Slack's, or undefined.
 *
 * @param now wall clock, s
 */
export function slackProblem(
  secret: string,
  timestamp: string | undefined,
  signature: string | undefined,
  body: string,
  now: number,
): string | undefined {
  if (!timestamp || !/^\d{1,12}$/.test(timestamp) || !signature) return 'it is not signed';
  if (Math.abs(now - Number(timestamp)) > oldest) return 'its time stamp is more than 5 minutes off';
  const wanted = Buffer.from(`v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`);
  const given = Buffer.from(signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given) ? undefined : 'its signature is wrong';
}

interface Interaction {
  readonly by: string;
  readonly what: string;
  readonly value: string;
  readonly at: string;
}

/** The button of an interaction, or undefined where the payload is none: any JSON may come. */
function interactionOf(payload: string): Interaction | undefined {
  const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 1000) : '');
  let read: unknown;
  try {
    read = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (!isObject(read)) return undefined;
  const { actions, user } = read;
  if (!Array.isArray(actions) || !isObject(actions[0])) return undefined;
  const { action_id: what, value, action_ts: at } = actions[0];
  const who = isObject(user) ? textOf(user.username) || textOf(user.id) : '';
  return { by: who || 'unknown', what: textOf(what), value: textOf(value), at: textOf(at) };
}

/**
 * `POST /api/slack`: a button with `action_id` `tocsin_verdict` and value `FINGERPRINT:VERDICT`, or `tocsin_approve` or
 * `tocsin_deny` and the id of the action. The same click has the same id.
 */
export function slackRoutes(server: FastifyInstance, secret: string, { giveVerdict, healing }: SlackDoors): void {
  server.post('/api/slack', async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const header = (name: string): string | undefined => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    const problem = slackProblem(
      secret,
      header('x-slack-request-timestamp'),
      header('x-slack-signature'),
      body,
      Date.now() / 1000,
    );
    if (problem) return reply.code(401).send({ error: `this request is not from Slack: ${problem}` });
    const interaction = interactionOf(formOf(body).get('payload') ?? '');
    if (!interaction) return reply.code(400).send({ error: 'payload is no interaction of Slack' });
    const { what, value, at } = interaction;
    const by = `${interaction.by} (slack)`;
    const id = createHash('sha256').update([what, value, at, by].join('\0')).digest('hex').slice(0, 24);
    if (what === 'tocsin_verdict') {
      const colon = value.lastIndexOf(':');
      const verdict = verdictValues.find((one) => one === value.slice(colon + 1));
      if (!verdict) return reply.code(400).send({ error: 'the button says no verdict' });
      const given = await giveVerdict({ alert: value.slice(0, colon), value: verdict, by, id, via: 'slack' });
      return given ? reply.send({ text: `Noted: ${verdict}` }) : reply.code(404).send({ error: 'no such alert' });
    }
    if (what === 'tocsin_approve' || what === 'tocsin_deny') {
      const api = healing();
      if (!api) return reply.code(503).send({ error: 'tocsin is starting' });
      if (!api.state().asks.some((ask) => ask.id === value && ask.state === 'asked'))
        return reply.code(404).send({ error: 'no such action waits for approval' });
      const command = what === 'tocsin_approve' ? 'approve' : 'deny';
      await api.say({ id, command, about: value, value: '', by, via: 'slack', why: '', at: Date.now() });
      return reply.send({ text: `Noted: ${command}` });
    }
    return reply.code(400).send({ error: 'no button of tocsin' });
  });
}
