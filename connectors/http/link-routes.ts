/** Signed links: a GET shows what would be done and writes nothing; only the POST of its form does it, once. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { escapes } from '../webhook/escape.js';
import { verdictValues, type VerdictValue } from '../../records/verdict.js';
import { formOf } from './form.js';
import { LinkError, type Links, type OpenedLink } from './links.js';

/** What the routes need of the run. */
export interface LinkApi {
  readonly links: Links;
  /** What the person sees of the matter: one line each. */
  describe(link: OpenedLink): readonly string[] | undefined;
  /** Whether the link was used before. */
  used(id: string): boolean;
  /** Does it; `value` is the verdict. Gives what to tell, or undefined where the matter is not known any more. */
  carryOut(link: OpenedLink, value: VerdictValue | undefined): Promise<string | undefined>;
}

const { html } = escapes;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><meta name="viewport" content="width=device-width">
<title>${html(title)}</title></head><body><h1>${html(title)}</h1>${body}</body></html>
`;

const titles: Readonly<Record<OpenedLink['command'], string>> = {
  approve: 'Approve this action?',
  deny: 'Deny this action?',
  verdict: 'What was this alert?',
};
const verdictWords: Readonly<Record<VerdictValue, string>> = {
  anomaly: 'Anomaly: right to tell',
  'not-anomaly': 'Not an anomaly',
  expected: 'Expected: known, no need to tell',
  'new-normal': 'New normal: from now on usual',
};

function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .headers({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    })
    .send(text);
}

/** Adds the routes. Who has the link is allowed: no token is asked for. */
export function linkRoutes(server: FastifyInstance, api: () => LinkApi | undefined): void {
  /** Links on their way: two clicks at once count once. */
  const underWay = new Set<string>();

  const open = (reply: FastifyReply, token: string): { link: OpenedLink; links: LinkApi } | undefined => {
    const links = api();
    if (!links) {
      answer(reply, 503, page('tocsin is starting', '<p>Try again in a moment.</p>'));
      return undefined;
    }
    try {
      const link = links.links.open(token, Date.now());
      if (links.used(link.id) || underWay.has(link.id)) throw new LinkError('this link has been used', 410);
      return { link, links };
    } catch (error) {
      const status = error instanceof LinkError ? error.status : 403;
      const why = error instanceof LinkError ? error.message : 'this link cannot be read';
      answer(reply, status, page('Nothing was done', `<p>${html(why)}</p>`));
      return undefined;
    }
  };

  server.get<{ Params: { token: string } }>('/l/:token', (request, reply) => {
    const opened = open(reply, request.params.token);
    if (!opened) return reply;
    const { link, links } = opened;
    const lines = links.describe(link);
    if (!lines) return answer(reply, 404, page('Nothing to do', '<p>This is not known any more.</p>'));
    const about = lines.map((line) => `<p>${html(line)}</p>`).join('');
    const buttons =
      link.command === 'verdict'
        ? verdictValues
            .map((value) => `<button name="value" value="${value}">${html(verdictWords[value])}</button>`)
            .join(' ')
        : `<button>${link.command === 'approve' ? 'Approve' : 'Deny'}</button>`;
    return answer(reply, 200, page(titles[link.command], `${about}<form method="post">${buttons}</form>`));
  });

  server.post<{ Params: { token: string }; Body: unknown }>('/l/:token', async (request, reply) => {
    const opened = open(reply, request.params.token);
    if (!opened) return reply;
    const { link, links } = opened;
    const value = verdictValues.find((one) => one === formOf(request.body).get('value'));
    if (link.command === 'verdict' && !value)
      return answer(reply, 400, page('Nothing was done', '<p>That is no verdict.</p>'));
    underWay.add(link.id);
    const told = await links.carryOut(link, value).finally(() => underWay.delete(link.id));
    return told === undefined
      ? answer(reply, 404, page('Nothing was done', '<p>This is not known any more.</p>'))
      : answer(reply, 200, page('Noted', `<p>${html(told)}</p>`));
  });
}
