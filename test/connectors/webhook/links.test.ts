import { escapes } from '../../../connectors/webhook/escape.js';
import fc from 'fast-check';
import { presented, viewOf } from '../../../connectors/webhook/alert-view.js';
import { alertAnnotations } from '../../../connectors/webhook/body.js';
import { linksOf, type LinkTemplate } from '../../../connectors/webhook/links.js';
import { entity } from '../../../records/entity.js';
import { anAlert } from '../../builders/alert.js';

const explore: LinkTemplate = {
  name: 'logs',
  url: 'https://grafana.example/explore',
  params: {
    schemaVersion: '1',
    panes: {
      a: {
        datasource: 'loki',
        queries: [{ refId: 'A', expr: '{service="{{labels.service}}"}' }],
        range: { from: '{{from_ms}}', to: '{{to_ms}}' },
      },
    },
  },
};
const kibana: LinkTemplate = {
  name: 'kibana',
  url: 'https://kibana.example/app/discover#/',
  rison: {
    _g: "(time:(from:'{{from}}',to:'{{to}}'))",
    _a: `(query:(language:kuery,query:'service : "{{labels.service}}"'))`,
  },
};
const runbook: LinkTemplate = { name: 'runbook', url: 'https://wiki.example/{{labels.service}}?v=1' };
const of = (service: string) =>
  viewOf(anAlert({ entity: entity('service', { service }).key }), { url: 'http://t', links: [] });

test('a link opens Explore at the time of the alert, with its service in the query', () => {
  const { url } = linksOf([explore], of('cart'))[0]!;
  const panes = JSON.parse(new URL(url).searchParams.get('panes')!) as { a: { queries: object[]; range: object } };
  expect(panes.a.queries).toEqual([{ refId: 'A', expr: '{service="cart"}' }]);
  expect(panes.a.range).toEqual({ from: String(Date.UTC(2026, 0, 5, 2, 45)), to: String(Date.UTC(2026, 0, 5, 3, 5)) });
});

test('a runbook, and a Kibana query in its fragment', () => {
  expect(linksOf([runbook], of('a/b ?'))[0]!.url).toBe('https://wiki.example/a%2Fb%20%3F?v=1');
  const { url } = linksOf([kibana], of(`it's "x"`))[0]!;
  const query = decodeURIComponent(url.slice(url.indexOf('_a=') + 3));
  expect(query).toBe(`(query:(language:kuery,query:'service : "it!'s \\"x\\""'))`);
});

test('a template that gives no web address gives no link', () => {
  expect(
    linksOf(
      [
        { name: 'x', url: 'javascript:alert(1)' },
        { name: 'y', url: '{{labels.service}}' },
      ],
      of('http://evil'),
    ),
  ).toEqual([]);
});

test('any label value: the host stays, the query string stays one string, JSON stays JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constant('"} or {a="')), (service) => {
      const view = of(service);
      const [first, second] = linksOf([runbook, explore], view);
      expect(new URL(first!.url).host).toBe('wiki.example');
      const panes = JSON.parse(new URL(second!.url).searchParams.get('panes')!) as {
        a: { queries: { expr: string }[] };
      };
      expect(panes.a.queries[0]!.expr).toMatch(/^\{service="(?:[^"\\\n]|\\.)*"\}$/s);
    }),
  );
});

test('annotations carry the links by name, and never lose what tocsin says', () => {
  const links = [runbook, { name: 'summary', url: 'https://evil.example/' }];
  const annotations = presented(anAlert(), { url: 'http://t', links });
  expect(annotations.runbook).toBe('https://wiki.example/cart?v=1');
  expect(annotations.summary).toBe(anAlert().explanation.summary);
});

test('the description says when it began, what stands out against what is typical, who saw it, and what was deployed', () => {
  const changes = [{ id: 'd1', at: anAlert().startsAt - 240_000, title: 'cart', version: 'v1.2', by: 'ann', url: '' }];
  expect(alertAnnotations(anAlert({ changes })).description!.split('\n')).toEqual([
    'began 2026-01-05T03:00:00.000Z',
    'errors 12 lines/min, typical at this time 1 lines/min',
    'new: payment <*> refused (40 lines), for example: payment 17 refused',
    'seen by 1 of 2 detectors: robust-z',
    'after cart v1.2 by ann, 4 min before it began',
    'to answer: tocsin feedback f1 not-anomaly (or anomaly, expected, new-normal)',
  ]);
});

test('an address with brackets and quotes, as Kibana has them, is the same once a chat has read it', () => {
  const url = "https://kibana.example/app/discover#/?_g=(time:(from:'now-1h'))&_a=(query:(query:'x'))";
  const { url: made } = linksOf([{ name: 'logs', url }], of("it's (cart)"))[0]!;
  // Markdown (CommonMark 6.3): the destination ends at the first bracket that was not opened in it.
  expect(/^\[logs\]\(([^()\s]*)\)$/.exec(`[logs](${made})`)?.[1]).toBe(made);
  // Slack: `<address|text>` with three characters escaped.
  const slack = /^<([^|>]*)\|logs>$/.exec(`<${escapes.slack(made)}|logs>`)![1]!;
  expect(slack.replaceAll('&amp;', '&')).toBe(made);
  // HTML, in an attribute of either quote.
  expect(escapes.html(made)).not.toMatch(/["'<>]/);
  expect(decodeURIComponent(made)).toBe(url);
});
