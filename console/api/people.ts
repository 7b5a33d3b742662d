/** What people say: verdicts (one or many in one request), mutes and other entries of calendars, approvals of healing. */
import type { CalendarEntry } from '../../records/calendar.js';
import { verdictValues, type VerdictValue } from '../../records/verdict.js';
import { authorOf } from '../../connectors/http/tokens.js';
import { count, iso, isoOrNull, labels, listOf, row, text, textOrNull, time, timeOrNull, yes } from './filter.js';
import { paged, pageOf, pageQuery, type PageQuery } from './page.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute } from './route.js';
import type { ConsoleParts, ServedRun } from './served.js';

const maxAtOnce = 500;

const verdictRow = row({
  id: text,
  alert: text,
  entity: text,
  value: text,
  by: text,
  via: text,
  at: time,
  revokedAt: timeOrNull,
  revokedBy: textOrNull,
});

const calendarRow = row({
  id: text,
  name: text,
  action: text,
  match: labels,
  from: time,
  to: time,
  by: text,
  at: time,
});
const calendarRowOf = ({ from, to, at, ...entry }: CalendarEntry): object => ({
  ...entry,
  from: iso(from),
  to: iso(to),
  at: iso(at),
});

const actionRow = row({
  id: text,
  rule: text,
  entity: text,
  state: text,
  at: timeOrNull,
  waits: { ...yes, description: 'A person has to approve or refuse it.' },
  expiresAt: timeOrNull,
});

export function peopleRoutes({ run }: ConsoleParts): ApiRoute[] {
  const running = (): ServedRun => {
    const now = run();
    if (!now) throw new HttpProblem(503, 'tocsin is starting: try again');
    return now;
  };
  return [
    route<PageQuery & { alert?: string }>({
      method: 'GET',
      path: '/verdicts',
      tag: 'people',
      scope: 'read',
      summary: 'Verdicts that were given, the latest first.',
      query: { ...pageQuery, alert: { type: 'string', maxLength: 200 } },
      answer: pageOf(verdictRow),
      handle: ({ query }) => {
        const said = running()
          .verdicts.said()
          .filter(({ alert }) => query.alert === undefined || alert === query.alert);
        const page = paged(said, ({ at, id }) => [at, id], query, -1);
        return {
          ...page,
          items: page.items.map(({ at, revoked, ...verdict }) => ({
            ...verdict,
            at: iso(at),
            revokedAt: isoOrNull(revoked?.at),
            revokedBy: revoked?.by ?? null,
          })),
        };
      },
    }),
    route<unknown, unknown, { alerts: string[]; value: VerdictValue; by?: string }>({
      method: 'POST',
      path: '/verdicts',
      tag: 'people',
      scope: 'verdict',
      summary: 'One verdict on many alerts. Giving it again changes nothing.',
      status: 202,
      body: {
        type: 'object',
        additionalProperties: false,
        required: ['alerts', 'value'],
        properties: {
          alerts: { type: 'array', minItems: 1, maxItems: maxAtOnce, items: { type: 'string', maxLength: 200 } },
          value: { type: 'string', enum: [...verdictValues] },
          by: { type: 'string', minLength: 1, maxLength: 200 },
        },
      },
      answer: row({ ids: listOf(text), unknown: { ...listOf(text), description: 'Alerts that are not known.' } }),
      handle: async ({ body: { alerts, value, by }, caller }) => {
        const now = running();
        const known = new Set([...now.knownAlerts()].map(({ fingerprint }) => fingerprint));
        const meant = [...new Set(alerts)];
        const unknown = meant.filter((id) => !known.has(id));
        if (unknown.length === meant.length)
          throw new HttpProblem(404, `no alert ${unknown.slice(0, 3).join(', ')} is known to the process that answers`);
        const given = await now.verdicts.give({
          alerts: meant,
          value,
          by: authorOf(caller!, by),
          via: 'console',
        });
        return { ids: given?.ids ?? [], unknown };
      },
    }),
    route<unknown, unknown, { ids: string[] }>({
      method: 'POST',
      path: '/verdicts/undo',
      tag: 'people',
      scope: 'verdict',
      summary: 'Takes verdicts back, as if they had not been given.',
      status: 202,
      body: {
        type: 'object',
        additionalProperties: false,
        required: ['ids'],
        properties: {
          ids: { type: 'array', minItems: 1, maxItems: maxAtOnce, items: { type: 'string', maxLength: 500 } },
        },
      },
      answer: row({ ids: listOf(text), unknown: listOf(text) }),
      handle: async ({ body: { ids }, caller }) => {
        const { verdicts } = running();
        const unknown: string[] = [];
        for (const id of new Set(ids))
          if (!(await verdicts.revoke(id, authorOf(caller!, undefined), 'console'))) unknown.push(id);
        if (unknown.length === ids.length) throw new HttpProblem(404, `no verdict ${unknown.slice(0, 3).join(', ')}`);
        return { ids: ids.filter((id) => !unknown.includes(id)), unknown };
      },
    }),
    route<PageQuery>({
      method: 'GET',
      path: '/calendars',
      tag: 'people',
      scope: 'read',
      summary: 'Mutes, freezes, expected changes and silences that hold or will hold. POST /api/calendar adds one.',
      query: { ...pageQuery },
      answer: pageOf(calendarRow),
      handle: ({ query }) => {
        const page = paged(running().calendar.entries(), ({ from, id }) => [from, id], query, -1);
        return { ...page, items: page.items.map(calendarRowOf) };
      },
    }),
    route<PageQuery>({
      method: 'GET',
      path: '/healing',
      tag: 'people',
      scope: 'read',
      summary: 'Actions of healing, those that wait for a person first. POST /api/heal answers one.',
      query: { ...pageQuery },
      answer: pageOf(actionRow),
      handle: ({ query }) => {
        const { asks, actions } = running().healing.state();
        const rows = [
          ...asks.map(({ expires, state, ...ask }) => ({
            ...{ ...ask, state, at: null, expiresAt: expires },
            waits: state === 'asked',
          })),
          ...actions
            .filter(({ id }) => !asks.some((ask) => ask.id === id))
            .map((action) => ({ ...action, waits: false, expiresAt: null })),
        ];
        return paged(
          rows,
          ({ waits, at, expiresAt, id }) => [`${waits ? 1 : 0}${at ?? expiresAt ?? ''}`, id],
          query,
          -1,
        );
      },
    }),
    route<PageQuery>({
      method: 'GET',
      path: '/healing/audit',
      tag: 'people',
      scope: 'read',
      summary: 'The ledger of healing, the latest first: what was decided, by whom and why.',
      query: { ...pageQuery },
      answer: pageOf(
        row({ seq: count, at: time, what: text, id: text, rule: text, entity: text, alert: text, by: text, why: text }),
      ),
      handle: ({ query }) => {
        const page = paged(running().healing.recent, ({ seq }) => [seq, ''], query, -1);
        return {
          ...page,
          items: page.items.map(({ seq, at, what, id, rule, entity, alert, by, why }) => ({
            ...{ seq, what, id, rule, entity, alert, by, why },
            at: iso(at),
          })),
        };
      },
    }),
  ];
}
