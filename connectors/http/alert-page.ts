/** The page of one alert, to which notifications link: what happened and why, and the way to answer it. */
import type { FastifyInstance } from 'fastify';
import { answerCommand, type Alert } from '../../records/alert.js';
import { alertAnnotations } from '../webhook/body.js';
import { escapes } from '../webhook/escape.js';
import type { LinkApi } from './link-routes.js';
import { allowed, type ApiToken } from './tokens.js';

/** What the page shows. */
export interface AlertPageParts {
  readonly alerts: () => Iterable<Alert>;
  readonly links?: () => LinkApi | undefined;
  /** The console shows it instead. */
  readonly hasConsole: boolean;
}

/** How long the buttons of a page work, ms. */
const answerableMs = 86_400_000;
const { html } = escapes;

/** Adds `GET /alert/FINGERPRINT`; who may read alerts may read it. */
export function alertPage(
  server: FastifyInstance,
  { alerts, links, hasConsole }: AlertPageParts,
  tokens: readonly ApiToken[],
): void {
  const path = '/alert/:fingerprint';
  if (hasConsole) {
    // The console asks for a token by itself.
    server.get<{ Params: { fingerprint: string } }>(path, (request, reply) =>
      reply.redirect(`/#/alerts/${encodeURIComponent(request.params.fingerprint)}`),
    );
    return;
  }
  server.get<{ Params: { fingerprint: string } }>(path, { onRequest: allowed(tokens, 'read') }, (request, reply) => {
    const { fingerprint } = request.params;
    const alert = [...alerts()].find((one) => one.fingerprint === fingerprint);
    const title = alert ? alert.explanation.summary : 'This alert is not known here';
    return reply
      .code(alert ? 200 : 404)
      .type('text/html; charset=utf-8')
      .headers({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      }).send(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><meta name="viewport" content="width=device-width">
<title>${html(title)}</title></head><body><h1>${html(title)}</h1>${alert ? bodyOf(alert, links?.()) : ''}</body></html>
`);
  });
}

function bodyOf(alert: Alert, api: LinkApi | undefined): string {
  const { description, rarity, believed } = alertAnnotations(alert);
  const facts = [`${alert.entity}, ${alert.severity}, ${alert.status}`, rarity, believed, ...description!.split('\n')];
  const expires = Math.ceil(Date.now() / answerableMs + 1) * answerableMs;
  const grant = { command: 'verdict', about: alert.fingerprint, to: 'page', expires } as const;
  const answer = api ? `<p><a href="${html(pathOf(api.links.make(grant)))}">Say what it was</a></p>` : '';
  return `${facts.map((fact) => `<p>${html(fact!)}</p>`).join('')}${answer}<p><code>${html(answerCommand(alert))}</code></p>`;
}

/** The same server answers, whatever name it is reached by. */
const pathOf = (url: string): string => url.slice(url.lastIndexOf('/l/'));
