/** Healing over HTTP: its state, its ledger, and what people may say to it. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Control } from '../../records/control.js';
import type { HealingEntry } from '../../records/healing.js';
import { allowed, authorOf, callerOf, type ApiToken } from './tokens.js';

/** What healing is like now, for people. */
export interface HealingState {
  /** Why nothing is called, or null. */
  readonly stopped: string | null;
  /** Whether this process acts. */
  readonly leads: boolean;
  readonly rules: readonly {
    readonly name: string;
    readonly target: string;
    readonly dryRun: boolean;
    readonly approval: boolean;
    readonly stopped: string | null;
  }[];
  readonly breakers: readonly { readonly key: string; readonly why: string }[];
  readonly asks: readonly {
    readonly id: string;
    readonly rule: string;
    readonly entity: string;
    readonly expires: string;
    readonly state: string;
  }[];
  readonly actions: readonly {
    readonly id: string;
    readonly rule: string;
    readonly entity: string;
    readonly state: string;
    readonly at: string;
  }[];
  /** Head of the ledger: note it elsewhere, and `tocsin heal audit --verify --head` proves that nothing was cut off. */
  readonly head: { readonly seq: number; readonly hash: string };
}

/** What the routes need of the run. */
export interface HealingApi {
  state(): HealingState;
  /** The last entries, newest last. */
  entries(limit: number): readonly HealingEntry[];
  /** Makes a control durable, for every process. */
  say(control: Control): Promise<void>;
}

const healingCommands = ['stop', 'resume', 'approve', 'deny', 'close-breaker', 'resume-remedy'] as const;

interface HealingRequest {
  readonly command: (typeof healingCommands)[number];
  readonly about?: string;
  readonly by?: string;
  readonly why?: string;
  readonly id?: string;
  readonly via?: 'api' | 'cli';
}

const healingBody = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: { type: 'string', enum: [...healingCommands] },
    about: { type: 'string', minLength: 1, maxLength: 300 },
    by: { type: 'string', minLength: 1, maxLength: 200 },
    why: { type: 'string', maxLength: 500 },
    id: { type: 'string', minLength: 1, maxLength: 200 },
    via: { type: 'string', enum: ['api', 'cli'] },
  },
} as const;

/** Adds the routes; while the pipeline starts they answer 503. */
export function healingRoutes(
  server: FastifyInstance,
  api: () => HealingApi | undefined,
  tokens: readonly ApiToken[],
): void {
  const starting = { error: 'tocsin is starting' };

  server.get('/api/heal', { onRequest: allowed(tokens, 'read') }, (_request, reply) => {
    const healing = api();
    return healing ? reply.send(healing.state()) : reply.code(503).send(starting);
  });
  server.get<{ Querystring: { limit?: number } }>(
    '/api/heal/audit',
    {
      schema: {
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { limit: { type: 'integer', minimum: 1, maximum: 1000 } },
        },
      },
      onRequest: allowed(tokens, 'read'),
    },
    (request, reply) => {
      const healing = api();
      return healing ? reply.send(healing.entries(request.query.limit ?? 100)) : reply.code(503).send(starting);
    },
  );
  server.post<{ Body: HealingRequest }>(
    '/api/heal',
    { schema: { body: healingBody }, onRequest: allowed(tokens, 'heal') },
    async (request, reply) => {
      const healing = api();
      if (!healing) return reply.code(503).send(starting);
      const { command, about = '', by, why = '', id = randomUUID(), via = 'api' } = request.body;
      if (command !== 'stop' && command !== 'resume' && about === '')
        return reply.code(400).send({ error: `${command} needs about: what is meant` });
      const { asks, breakers, rules } = healing.state();
      if (command === 'approve' || command === 'deny') {
        const ask = asks.find((one) => one.id === about);
        if (!ask) return reply.code(404).send({ error: `no action ${about} waits for approval` });
        if (ask.state !== 'asked') return reply.code(409).send({ error: `it is ${ask.state} already` });
      }
      if (command === 'close-breaker' && !breakers.some(({ key }) => key === about))
        return reply.code(404).send({ error: `no breaker ${about} is open` });
      if (command === 'resume-remedy' && !rules.some(({ name, stopped }) => name === about && stopped !== null))
        return reply.code(404).send({ error: `no rule ${about} is stopped` });
      await healing.say({
        id,
        command,
        about,
        value: '',
        by: authorOf(callerOf(request), by),
        via,
        why,
        at: Date.now(),
      });
      return reply.code(202).send({ id });
    },
  );
}
