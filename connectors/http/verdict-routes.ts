/** Verdicts over HTTP: on an alert, an incident or a time range; what was said, and taking it back. */
import type { FastifyInstance } from 'fastify';
import { verdictValues, type VerdictValue } from '../../records/verdict.js';
import { allowed, authorOf, callerOf, type ApiToken } from './tokens.js';
import type { GivenVerdicts, SaidVerdict, VerdictLog, VerdictRequest, VerdictSubject } from './verdict-request.js';

/** What the routes need of the run. */
export interface VerdictDoors {
  /** Writes verdicts to the log of the owning shards; undefined where what is meant is not known. */
  readonly giveVerdict: (request: VerdictRequest) => Promise<GivenVerdicts | undefined>;
  readonly verdicts?: () => VerdictLog | undefined;
}

interface VerdictBody {
  readonly alert?: string;
  readonly incident?: string;
  readonly entity?: string;
  readonly from?: string;
  readonly to?: string;
  readonly value: VerdictValue;
  readonly by: string;
  readonly id?: string;
}

const name = { type: 'string', minLength: 1, maxLength: 200 } as const;
const verdictBody = {
  type: 'object',
  additionalProperties: false,
  required: ['value', 'by'],
  properties: {
    alert: name,
    incident: name,
    entity: { type: 'string', minLength: 1, maxLength: 2000 },
    from: { type: 'string', maxLength: 40 },
    to: { type: 'string', maxLength: 40 },
    value: { type: 'string', enum: [...verdictValues] },
    by: name,
    id: name,
  },
} as const;

/** A range may last so long, ms. */
const longest = 7 * 86_400_000;

/** What a body is about, or what is wrong with it. */
function subjectOf({ alert, incident, entity, from, to }: VerdictBody): VerdictSubject | string {
  const range = [entity, from, to].filter((one) => one !== undefined).length;
  if (Number(alert !== undefined) + Number(incident !== undefined) + Number(range > 0) !== 1 || range % 3 !== 0)
    return 'say what is meant: alert, or incident, or entity with from and to';
  if (alert !== undefined) return { alert };
  if (incident !== undefined) return { incident };
  const [begin, end] = [Date.parse(from!), Date.parse(to!)];
  if (!(begin >= 0 && end > begin && end - begin <= longest))
    return 'from and to must be ISO 8601, to after from, at most 7 days';
  return { entity: entity!, from: begin, to: end };
}

const nameOf = (subject: VerdictSubject): string =>
  'alert' in subject
    ? `alert ${subject.alert} is`
    : 'alerts' in subject
      ? `alert ${subject.alerts.join(', ')} is`
      : 'incident' in subject
        ? `alert of incident ${subject.incident} is`
        : `alert of ${subject.entity} in that time (nor, for an anomaly, a scored window) is`;

const iso = (ms: number): string => new Date(ms).toISOString();
const shown = ({ at, revoked, ...verdict }: SaidVerdict): object => ({
  ...verdict,
  at: iso(at),
  ...(revoked ? { revoked: { ...revoked, at: iso(revoked.at) } } : {}),
});

/** Adds the routes of verdicts to a server. */
export function verdictRoutes(
  server: FastifyInstance,
  { giveVerdict, verdicts = () => undefined }: VerdictDoors,
  tokens: readonly ApiToken[],
): void {
  const away = { error: 'starting: try again' };

  server.post<{ Body: VerdictBody }>(
    '/api/verdicts',
    { schema: { body: verdictBody }, onRequest: allowed(tokens, 'verdict') },
    async (request, reply) => {
      const { value, by, id } = request.body;
      const subject = subjectOf(request.body);
      if (typeof subject === 'string') return reply.code(400).send({ error: subject });
      const author = authorOf(callerOf(request), by);
      const given = await giveVerdict({ ...subject, value, by: author, ...(id === undefined ? {} : { id }) });
      if (!given)
        return reply.code(404).send({ error: `no ${nameOf(subject)} known: see /api/alerts for those that are` });
      return reply.code(202).send(given);
    },
  );

  server.get('/api/verdicts', { onRequest: allowed(tokens, 'read') }, (_request, reply) => {
    const log = verdicts();
    return log ? reply.send(log.said().map(shown)) : reply.code(503).send(away);
  });

  server.delete<{ Params: { id: string }; Querystring: { by?: string } }>(
    '/api/verdicts/:id',
    {
      schema: { querystring: { type: 'object', additionalProperties: false, properties: { by: name } } },
      onRequest: allowed(tokens, 'verdict'),
    },
    async (request, reply) => {
      const log = verdicts();
      if (!log) return reply.code(503).send(away);
      const { id } = request.params;
      const known = await log.revoke(id, authorOf(callerOf(request), request.query.by), 'api');
      return known
        ? reply.code(202).send({ id })
        : reply.code(404).send({ error: `no verdict ${id}: see GET /api/verdicts` });
    },
  );
}
