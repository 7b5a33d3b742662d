/** The reference of the API as a page: what /openapi.json says, for people. */
import { others, type OtherRoute } from './other-routes.js';
import { base, type ApiRoute, type JsonSchema } from './route.js';

const html = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);

const typeOf = ({ type, enum: values, items }: JsonSchema): string => {
  if (Array.isArray(values)) return values.join(' | ');
  if (type === 'array') return `${typeOf(items as JsonSchema)}, repeated`;
  return Array.isArray(type) ? type.join(' or ') : typeof type === 'string' ? type : 'any';
};

const propertiesOf = (schema: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> =>
  (schema?.properties ?? {}) as Readonly<Record<string, JsonSchema>>;

function table(title: string, properties: Readonly<Record<string, JsonSchema>>): string {
  const rows = Object.entries(properties).map(
    ([name, schema]) =>
      `<tr><th scope="row"><code>${html(name)}</code></th><td>${html(typeOf(schema))}</td><td>${html(typeof schema.description === 'string' ? schema.description : '')}</td></tr>`,
  );
  return rows.length === 0 ? '' : `<h4>${title}</h4><table>${rows.join('')}</table>`;
}

function section({ method, path, summary, scope, query, body, answer }: ApiRoute): string {
  const properties = propertiesOf(answer);
  const items = properties.items?.items as JsonSchema | undefined;
  return `<section><h3><code>${method} ${html(base + path)}</code></h3>
<p>${html(summary)}${scope ? ` Scope: <code>${scope}</code>.` : ''}</p>
${table('Query', query ?? {})}${table('Body', propertiesOf(body))}${table(items ? 'Each row' : 'Answer', items ? propertiesOf(items) : properties)}</section>`;
}

const other = ({ method, path, summary, scope }: OtherRoute): string =>
  `<tr><th scope="row"><code>${method.toUpperCase()} ${html(path.replaceAll(/\{(\w+)\}/g, ':$1'))}</code></th><td>${html(summary)}</td><td>${scope ?? ''}</td></tr>`;

export function referencePage(routes: readonly ApiRoute[]): string {
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  const parts = tags.map(
    (tag) =>
      `<h2>${html(tag)}</h2>${routes
        .filter((route) => route.tag === tag)
        .map(section)
        .join('\n')}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>tocsin API</title><link rel="stylesheet" href="/theme.css"></head>
<body class="reference"><main><h1>tocsin API</h1>
<p>The same as <a href="/openapi.json">OpenAPI 3.1</a>. Lists are flat; a page has at most <code>limit</code> rows, and <code>next</code>
is the <code>cursor</code> of the page that follows. Times are ISO 8601. Refusals are
problem details (RFC 9457). <a href="/">To the console</a></p>
${parts.join('\n')}<h2>Other doors</h2><table>${others.map(other).join('\n')}</table></main></body></html>`;
}
