import fc from 'fast-check';
import { escapes } from '../../../connectors/webhook/escape.js';
import {
  renderText,
  renderTree,
  templateProblems,
  type JsonValue,
  type TemplateView,
} from '../../../connectors/webhook/template.js';

const view: TemplateView = {
  summary: 'cart <!channel> & "payments"',
  severity: 'critical',
  u: 1.5,
  resolved: false,
  labels: { service: 'cart' },
  standouts: [
    { feature: 'errors', actual: 12 },
    { feature: 'volume', actual: 3 },
  ],
  rules: [],
};

test('names, dotted names, sections and empty sections', () => {
  expect(renderText('{{severity}} {{labels.service}}', view)).toBe('critical cart');
  expect(renderText('{{#standouts}}{{feature}}={{actual}} {{/standouts}}{{^rules}}no rule{{/rules}}', view)).toBe(
    'errors=12 volume=3 no rule',
  );
  expect(renderText('[{{nothing}}{{labels.nothing.at.all}}]', view)).toBe('[]');
});

test('a tree keeps kinds, repeats list entries and leaves members out', () => {
  const tree = {
    u: '{{{u}}}',
    gone: '{{{nothing}}}',
    title: '{{severity}} at {{u}}',
    facts: [{ '#standouts': { title: '{{feature}}', value: '{{{actual}}}', of: '{{labels.service}}' } }, 'end'],
    '#resolved': { over: true },
    '^resolved': { open: true },
  };
  expect(renderTree(tree, view)).toEqual({
    u: 1.5,
    gone: null,
    title: 'critical at 1.5',
    facts: [{ title: 'errors', value: 12, of: 'cart' }, { title: 'volume', value: 3, of: 'cart' }, 'end'],
    open: true,
  });
});

test('every value is escaped for its target, with three braces and with & too', () => {
  expect(renderText('{{summary}}|{{{summary}}}|{{&summary}}', view, 'slack')).toBe(
    Array(3).fill('cart &lt;!channel&gt; &amp; "payments"').join('|'),
  );
});

test.each([
  ['slack', '<@U1> & <http://evil|x>', '&lt;@U1&gt; &amp; &lt;http://evil|x&gt;'],
  ['markdown', '[click](http://evil) **x**', '\\[click\\]\\(http://evil\\) \\*\\*x\\*\\*'],
  ['html', `<img src=x onerror='a("b")'>`, '&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;'],
  ['url', 'a b&c=d/é', 'a%20b%26c%3Dd%2F%C3%A9'],
  ['query', 'x"} or {a="\\\n', 'x\\"} or {a=\\"\\\\\\n'],
  ['rison', `it's "!"`, `it!'s \\"!!\\"`],
  ['header', 'a\r\nX-Evil: 1\u{1f600}', 'a X-Evil: 1'],
  ['none', '<&"', '<&"'],
  ['plain', 'a\u202egnp.exe\u200b\u001b]0;x', 'a\\u202egnp.exe\\u200b\\u001b]0;x'],
  ['slack', 'a\u202e<b\u009b', 'a\\u202e&lt;b\\u009b'],
  ['markdown', 'a\u2066b', 'a\\\\u2066b'],
  ['html', '\u202e<b>', '\\u202e&lt;b&gt;'],
] as const)('%s', (escape, text, expected) => expect(escapes[escape](text)).toBe(expected));

test('a whole text that is a web address stays one; any other is escaped', () => {
  const urls = { good: 'https://h/a?b=1&c=2', bad: 'https://h/<!channel>', script: 'javascript:alert(1)&' };
  expect(renderTree(['{{{good}}}', '{{{bad}}}', '{{{script}}}', '{{good}}'], urls, { escape: 'slack' })).toEqual([
    'https://h/a?b=1&c=2',
    'https://h/&lt;!channel&gt;',
    'javascript:alert(1)&amp;',
    'https://h/a?b=1&amp;c=2',
  ]);
});

test('a text is cut to the length that its target takes, and not inside an escape', () => {
  const amps = { text: '&'.repeat(50) };
  expect(renderTree('{{text}}', amps, { escape: 'slack', longest: 14 })).toBe('&amp;&amp;…');
  expect(renderTree('{{text}}', { text: '[[[[' }, { escape: 'markdown', longest: 4 })).toBe('\\[…');
});

test('nothing of the language is in reach: no prototype, no constructor, no function, no length', () => {
  for (const name of [
    'constructor',
    'constructor.constructor',
    '__proto__',
    'labels.constructor.name',
    'toString',
    'summary.length',
    'standouts.length',
    'standouts.0.feature',
    'hasOwnProperty',
  ]) {
    expect(renderText(`<{{${name}}}>{{#${name}}}return 1{{/${name}}}`, view)).toBe('<>');
    expect(renderTree(`{{{${name}}}}`, view)).toBeNull();
  }
});

test('partials and other delimiters give nothing to work with, and lint refuses them', () => {
  expect(renderText('a{{>other}}b', view)).toBe('ab');
  expect(templateProblems('{{>other}}', view)).toEqual(['may not use {{>other}}: only variables and sections']);
  expect(templateProblems('{{=<% %>=}}<% severity %>', view)[0]).toContain('may not use');
});

test('lint names broken syntax and names that nothing has, inside sections and trees too', () => {
  expect(templateProblems('{{#standouts}}', view)[0]).toContain('Unclosed section');
  expect(templateProblems('{{sevrity}}', view)).toEqual(['has no value called sevrity']);
  const tree = {
    a: [{ '#standouts': '{{feature}} {{featur}}' }],
    '#nope': {},
    b: '{{#standouts}}{{acutal}}{{/standouts}}',
  };
  expect(templateProblems(tree, view)).toEqual([
    'has no value called featur',
    'has no value called nope',
    'has no value called acutal',
  ]);
  expect(templateProblems('{{labels.whatever}} {{severity}}', view)).toEqual([]);
});

test('a value of a megabyte is cut', () => {
  const text = renderText('{{summary}}', { summary: 'x'.repeat(1_000_000) });
  expect(text).toHaveLength(4096);
  expect(text.endsWith('…')).toBe(true);
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '{{severity}}',
    '{{{secret}}}',
    '"}],"x":[{"',
    '\\',
    '\u2028',
    '${7*7}',
    '{{=<% %>=}}',
    '{{#labels}}',
  ),
);

test('any value: it stays inside its text, changes no structure, and is never read as a template', () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 4 }), (parts) => {
      const value = parts.join('');
      const tree: JsonValue = { text: 'a {{summary}} z', list: [{ '#standouts': ['{{feature}}'] }], fixed: 1 };
      const data: TemplateView = { summary: value, secret: 'S', standouts: [{ feature: value }] };
      const body = JSON.parse(JSON.stringify(renderTree(tree, data))) as JsonValue;
      const cut = value.length > 4096 ? expect.any(String) : value;
      expect(body).toEqual({ text: typeof cut === 'string' ? `a ${value} z` : cut, list: [[cut]], fixed: 1 });
    }),
  );
});

test('any value in an address: the rest of the address is as it was', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const url = new URL(renderText('https://h.example/a/{{summary}}?x=1', { summary: `.${value}` }, 'url'));
      expect([url.host, url.search, url.pathname.split('/').length, url.hash]).toEqual(['h.example', '?x=1', 3, '']);
    }),
  );
});
