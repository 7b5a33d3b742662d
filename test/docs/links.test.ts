import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseConfig } from '../../config/load.js';
import type { Command } from 'commander';
import { commands } from '../../cli/commands.js';
import { exitCodes } from '../../cli/exit-codes.js';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const docs = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** Options of a command and of those below it. */
const optionsOf = (command: Command): string[] => [
  ...command.options.map(({ long }) => long ?? ''),
  ...command.commands.flatMap(optionsOf),
];
const declaredOptions = new Map<string, readonly string[]>();
beforeAll(async () => {
  for (const [name, load] of Object.entries(commands)) declaredOptions.set(name, optionsOf((await load()).command));
});

/** What a heading is called in an address. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** Code blocks, with their language. */
const blocksOf = (text: string): { language: string; code: string }[] =>
  [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language, code]) => ({ language: language!, code: code! }));
const withoutBlocks = (text: string): string => text.replace(/^```[^]*?^```$/gm, '');

/** Shell lines of a page and the commands in its backticks. */
const commandsOf = (text: string): string[] => [
  ...blocksOf(text)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n')),
  ...[...withoutBlocks(text).matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replace(/\s+/g, ' ')),
];

describe.each(docs)('%s', (doc) => {
  const text = read(doc);

  test('has no link that leads nowhere', () => {
    const broken = [
      ...withoutBlocks(text)
        .replace(/`[^`]*`/g, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ]
      .map(([, target]) => target)
      .filter((target) => !/^https?:/.test(target!))
      .filter((target) => {
        const [path, heading] = target!.split('#');
        const file = path === '' ? doc : relative(root, join(root, dirname(doc), path!));
        if (!existsSync(join(root, file))) return true;
        const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchor(title!));
        return heading !== undefined && !headings.includes(heading);
      });
    expect(broken).toEqual([]);
  });

  test('names no file or folder that does not exist', () => {
    const rooms = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    const missing = [...withoutBlocks(text).matchAll(/`([\w./-]+)`/g)]
      .map(([, path]) => path)
      .filter((path) => rooms.includes(path!.split('/')[0]!) && path!.includes('/'))
      .filter((path) => !existsSync(join(root, path!)));
    expect(missing).toEqual([]);
  });

  test('names only commands and options that there are', () => {
    const wrong = commandsOf(text).flatMap((line) => {
      const [, command, rest] = /(?:^|[|&] *|npx |\w=\S+ )tocsin ([a-z]+)([^|&#]*)/.exec(line) ?? [];
      if (command !== undefined) {
        const declared = declaredOptions.get(command);
        if (declared === undefined) return [line];
        return [...rest!.matchAll(/(?<=\s)--[a-z-]+/g)].some(([option]) => !declared.includes(option)) ? [line] : [];
      }
      const [, script] = /\bnpm (?:run )?(?!(?:ci|run|install|link|pack|root|sbom|audit)\b)([a-z:]+)/.exec(line) ?? [];
      return script !== undefined && !(script in scripts) ? [line] : [];
    });
    expect(wrong).toEqual([]);
  });

  test('shows only configurations that are valid', () => {
    const configurations = blocksOf(text).filter(({ code }) => code.startsWith('sources:'));
    for (const { code } of configurations) expect(() => parseConfig(code, doc, {})).not.toThrow();
  });

  test('names no path of a machine', () => {
    expect(text).not.toMatch(/\/(?:work|home|root|Users)\//);
  });
});

test('docs/operations.md has every exit code', () => {
  const codes = [...read('docs/operations.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(exitCodes));
});

test('docs/operations.md has every reason that a record is rejected for, and no other', () => {
  const files = execFileSync('git', ['ls-files', 'formats', 'operators', 'connectors', 'runtime', 'topologies'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((name) => name.endsWith('.ts') && existsSync(join(root, name)));
  const reasons = new Set<string>();
  for (const file of files) {
    const code = read(file);
    for (const [, reason] of code.matchAll(/(?:reject|refuse)\('([a-z-]+)'/g)) reasons.add(reason!);
    for (const [, reason] of code.matchAll(/\breason: '([a-z-]+)'(?!\s*\|)/g)) reasons.add(reason!);
  }
  const [, lineReasons] = /type FormatReason =\s([^;]+);/.exec(read('formats/format.ts'))!;
  for (const [, reason] of lineReasons!.matchAll(/'([a-z-]+)'/g))
    if (reason !== 'header' && reason !== 'comment') reasons.add(reason!);
  for (const [, reason] of read('operators/merge/sources.ts').matchAll(/return '([a-z]+)'/g)) reasons.add(reason!);
  const [, table] = /## Dead letters([^]*)/.exec(read('docs/operations.md'))!;
  const told = [...table!.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, reason]) => reason);
  expect(told.sort()).toEqual([...reasons].sort());
});
