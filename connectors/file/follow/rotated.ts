/** Where rotation puts what a followed file held: files beside it, renamed, copied or packed. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isPacked } from '../packed.js';
import { firstBytes, openContent, type Content } from './content.js';
import { headBytes, headOf, type Generation, type ContentHead } from './journal.js';

/** What a rotation adds to a name: a number, a date, `old`. */
const added = String.raw`(?:[._-]\d[\dT:._-]*|[._-](?:old|bak|prev))`;
const packed = String.raw`(?:\.(?:gz|zst))?`;
/** Before the ending of the name only a date: `worker-2.log` is a log of its own. */
const dated = String.raw`[._-]\d{4}-?\d{2}-?\d{2}[\dT:._-]*`;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Tells the names that rotation gives to files of this path: `app.log.1`, `app.log-20260130.gz`, `app-20260130.log`. */
export function rotatedNames(path: string): (name: string) => boolean {
  const base = basename(path);
  const [, stem, ending] = /^(.+?)(\.[^.]*)?$/.exec(base) as unknown as [string, string, string | undefined];
  const forms = [`${escaped(base)}${added}${packed}`];
  if (ending !== undefined) forms.push(`${escaped(stem)}${dated}${escaped(ending)}${packed}`);
  const form = new RegExp(`^(?:${forms.join('|')})$`);
  return (name) => name !== base && form.test(name);
}

/** Whether a name is one that rotation gives to a file called otherwise. */
export const isRotatedName = (path: string): boolean =>
  /\.(?:\d{1,4}|old|bak|prev)(?:\.(?:gz|zst))?$/.test(path) ||
  /[._-]\d{4}-?\d{2}-?\d{2}(?:[T_-]?\d{2,6})?(?:\.(?:gz|zst))?$/.test(path) ||
  /\.(?:gz|zst)$/.test(path);

/** Whether this content begins with those bytes. */
export async function hasHead(content: Content, head: ContentHead): Promise<boolean> {
  const bytes = await firstBytes(content, head.length);
  return bytes.length === head.length && headOf(bytes).hash === head.hash;
}

interface RotatedFile {
  readonly name: string;
  readonly file: string;
  readonly changed: bigint;
}

/** Files beside the path, oldest rotation first. */
async function filesBeside(path: string, isWanted: (name: string) => boolean): Promise<RotatedFile[]> {
  const folder = dirname(path);
  const names = new Set(await readdir(folder).catch(() => [] as string[]));
  const found: RotatedFile[] = [];
  for (const name of names) {
    // A packed file is whole once what it is made from is deleted.
    const isHalf = isPacked(name) && names.has(name.replace(/\.(?:gz|zst)$/, ''));
    if (isHalf || !isWanted(name)) continue;
    try {
      const about = await stat(join(folder, name), { bigint: true });
      if (about.isFile()) found.push({ name, file: `${about.dev}:${about.ino}`, changed: about.mtimeNs });
    } catch {
      // It was renamed or deleted meanwhile.
    }
  }
  return found.sort(olderFirst);
}

const numbered = (name: string): number => Number(/\.(\d{1,4})(?:\.(?:gz|zst))?$/.exec(name)?.[1] ?? Number.NaN);

function olderFirst(a: RotatedFile, b: RotatedFile): number {
  const [one, other] = [numbered(a.name), numbered(b.name)];
  if (one !== other && !Number.isNaN(one) && !Number.isNaN(other)) return other - one;
  if (a.changed !== b.changed) return a.changed < b.changed ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

/**
 * Opens the file that holds a content now: the one with its device, inode and first bytes, or one with its first bytes
 * and as many bytes as were read of it.
 *
 * @param isHere - may be at the path itself
 */
export async function findContent(
  path: string,
  { file, head, read }: Pick<Generation, 'file' | 'head' | 'read'>,
  isHere: boolean,
): Promise<{ readonly content: Content; readonly isHere: boolean } | undefined> {
  const base = basename(path);
  const isRotated = rotatedNames(path);
  const beside = await filesBeside(path, (name) => isHere || name !== base);
  const same = beside.filter((one) => one.file === file);
  const others = head.length === 0 ? [] : beside.filter((one) => one.file !== file && isNamed(one));
  for (const one of [...same, ...others]) {
    let content: Content;
    try {
      content = await openContent(join(dirname(path), one.name), one.file !== file && one.name !== base);
    } catch {
      continue;
    }
    const about = await content.about();
    if ((about === undefined || about.size >= read) && (await hasHead(content, head)))
      return { content, isHere: one.name === base };
    await content.close();
  }
  return undefined;

  function isNamed({ name }: RotatedFile): boolean {
    return name === base || isRotated(name);
  }
}

/** First bytes of files that rotation has put beside the path. */
export async function headsBeside(path: string): Promise<ContentHead[]> {
  const heads: ContentHead[] = [];
  for (const { name } of await filesBeside(path, rotatedNames(path))) {
    try {
      const content = await openContent(join(dirname(path), name), true);
      const first = await firstBytes(content, headBytes).finally(() => content.close());
      if (first.length > 0) heads.push(headOf(first));
    } catch {
      // It was renamed or deleted meanwhile, or is another's to read.
    }
  }
  return heads;
}

/**
 * Contents beside the path that are not known: a whole file between two looks. Oldest first.
 *
 * @param live - the first bytes of the file at the path: what begins like it is a copy that is being made
 */
export async function unseenBeside(
  path: string,
  known: { readonly files: ReadonlySet<string>; readonly heads: readonly ContentHead[] },
  live: Buffer,
): Promise<Content[]> {
  const unseen: Content[] = [];
  for (const { name, file } of await filesBeside(path, rotatedNames(path))) {
    if (known.files.has(file)) continue;
    try {
      // A writer may still have it open.
      const content = await openContent(join(dirname(path), name), false);
      const first = await firstBytes(content, headBytes);
      const isKnown =
        first.length === 0 ||
        live.subarray(0, first.length).equals(first) ||
        known.heads.some(
          ({ length, hash }) => first.length >= length && headOf(first.subarray(0, length)).hash === hash,
        );
      if (isKnown) await content.close();
      else unseen.push(content);
    } catch {
      // It was renamed or deleted meanwhile.
    }
  }
  return unseen;
}
