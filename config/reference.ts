/** The configuration reference page, from the schema. */
import { shape, type ConfigShape } from './shape.js';

const kind = (at: ConfigShape): string => {
  if (at.const !== undefined) return `\`${JSON.stringify(at.const)}\``;
  if (at.enum) return at.enum.map((word) => `\`${String(word)}\``).join(', ');
  const options = at.anyOf ?? at.oneOf;
  if (options && !options.some((one) => one.properties)) return options.map(kind).join(', ');
  if (at.type === 'array') return 'list';
  return at.format ? `${at.type ?? ''} (${at.format})` : (at.type ?? 'one of several');
};

function rows(at: ConfigShape, path: string, into: string[]): void {
  for (const [name, field] of Object.entries(at.properties ?? {})) {
    const here = path ? `${path}.${name}` : name;
    const isObject = field.properties !== undefined;
    const fallback = field.default === undefined || isObject ? '' : `\`${JSON.stringify(field.default)}\``;
    const needed = at.required?.includes(name) && field.default === undefined ? 'required' : fallback;
    into.push(`| \`${here}\` | ${isObject ? 'section' : kind(field)} | ${needed} | ${field.description ?? ''} |`);
    rows(field, here, into);
    if (field.items) {
      const variants = field.items.oneOf ?? field.items.anyOf ?? [field.items];
      for (const variant of variants) {
        const type = variant.properties?.type?.const as string | undefined;
        rows(variant, `${here}[]${type === undefined ? '' : `(${type})`}`, into);
      }
    }
  }
}

/** Markdown of the reference page: one row a key. */
export function reference(): string {
  const table: string[] = [];
  rows(shape, '', table);
  return `# Configuration reference

Generated from the schema by \`npm run docs\`; a test holds it against the code. \`name[]\` is an entry of a list.
Durations are written \`250ms\`, \`30s\`, \`5m\`, \`1h\`, \`7d\`. \`\${VAR}\` and \`\${VAR:-default}\` are replaced from the
environment; a secret may instead be read from a file, by the same key with \`_file\` at its end.

| Key | Kind | Default | Meaning |
|---|---|---|---|
${table.join('\n')}
`;
}
