/**
 * How the contents of a followed file make one stream of bytes: which content was read from where at which offset of the
 * stream. Written and synced before anything that rests on it is handed on, so that a restart reads the same bytes in the
 * same order whatever was renamed, cut or packed meanwhile.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Hash of the first bytes of a content: what tells it from others under the same inode, and finds its copies. */
export interface ContentHead {
  readonly length: number;
  /** SHA-256 of the first `length` bytes, hex. */
  readonly hash: string;
}

/** Bytes of a head. */
export const headBytes = 1024;

/**
 * The head of a content.
 *
 * @param bytes its first bytes
 */
export const headOf = (bytes: Uint8Array): ContentHead => {
  const first = bytes.subarray(0, headBytes);
  return { length: first.length, hash: createHash('sha256').update(first).digest('hex') };
};

/** One content that the path had: a file between its creation and its rotation. */
export interface Generation {
  readonly id: number;
  /** Device and inode. */
  readonly file: string;
  head: ContentHead;
  /** Bytes of it that the runs cover, but for the last run. */
  read: number;
  /** It was read to here, and nothing more follows. */
  end?: number;
}

/** From `base` of the stream on the bytes are those of a generation from `from` on. */
export interface StreamRun {
  readonly base: number;
  readonly generation: number;
  readonly from: number;
  /** Where it ends in the stream; undefined for the last one. */
  readonly end?: number;
}

type JournalLine =
  | { readonly incarnation: number; readonly path: string }
  | { readonly known: ContentHead }
  | { readonly generation: number; readonly file: string; readonly head: ContentHead; readonly read: number }
  | { readonly run: number; readonly base: number; readonly from: number; readonly after: number }
  | { readonly ended: number; readonly at: number };

/** Heads of contents that are over: their copies and packed files are not read again. */
const maxKnown = 256;

/** The journal of a followed file. */
export class FollowJournal {
  incarnation = 0;
  /** Heads of what lay beside the file at the first start, and of contents that are over. */
  known: ContentHead[] = [];
  readonly generations = new Map<number, Generation>();
  runs: StreamRun[] = [];
  private handle: FileHandle | undefined;

  private constructor(
    private readonly path: string | undefined,
    private readonly followed: string,
  ) {}

  /**
   * @param path - undefined keeps it in memory
   * @param followed - path of the followed file
   * @param begin - gives the incarnation and the heads of what lies beside the file, where there is no journal
   * @throws Error where it cannot be read or written
   */
  static async open(
    path: string | undefined,
    followed: string,
    begin: () => Promise<{ readonly incarnation: number; readonly known: readonly ContentHead[] }>,
  ): Promise<FollowJournal> {
    const journal = new FollowJournal(path, followed);
    const text = path === undefined ? '' : await textOf(path);
    // A line that a crash cut is that of something which was not handed on.
    const lines = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean);
    for (const line of lines) journal.take(JSON.parse(line) as JournalLine);
    if (lines.length === 0) {
      const { incarnation, known } = await begin();
      journal.take({ incarnation, path: followed });
      for (const head of known) journal.take({ known: head });
      await journal.rewrite();
    }
    return journal;
  }

  /** The followed file of a journal; undefined where it is none. */
  static async pathIn(file: string): Promise<string | undefined> {
    try {
      const text = await textOf(file);
      return (JSON.parse(text.slice(0, text.indexOf('\n'))) as { path?: string }).path;
    } catch {
      return undefined;
    }
  }

  /** Forgets what lies before an offset of the stream that is checkpointed. */
  async forget(before: number): Promise<void> {
    const last = this.runs.length - 1;
    this.runs = this.runs.filter((run, i) => i === last || (run.end ?? Number.POSITIVE_INFINITY) > before);
    const needed = new Set(this.runs.map(({ generation }) => generation));
    for (const { id, head, end } of [...this.generations.values()]) {
      if (end === undefined || needed.has(id)) continue;
      this.generations.delete(id);
      if (head.length > 0) this.known.push(head);
    }
    this.known = this.known.slice(-maxKnown);
    await this.rewrite();
  }

  /** Another content. */
  add(file: string, head: ContentHead): Promise<Generation> {
    const id = Math.max(0, ...this.generations.keys()) + 1;
    return this.write({ generation: id, file, head, read: 0 }).then(() => this.generations.get(id) as Generation);
  }

  /** More of its first bytes is known. */
  know({ id, file, read }: Generation, head: ContentHead): Promise<void> {
    return this.write({ generation: id, file, head, read });
  }

  /** From `base` on the stream is that of another content; the run before ends at `after`. */
  run(generation: Generation, base: number, after: number): Promise<void> {
    return this.write({ run: generation.id, base, from: generation.read, after });
  }

  /** A content is over at this byte of it. */
  end(generation: Generation, at: number): Promise<void> {
    return this.write({ ended: generation.id, at });
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
  }

  private take(line: JournalLine): void {
    if ('incarnation' in line) this.incarnation = line.incarnation;
    else if ('known' in line) this.known.push(line.known);
    else if ('generation' in line) {
      const { generation: id, file, head, read } = line;
      const known = this.generations.get(id);
      if (known) Object.assign(known, { head, read });
      else this.generations.set(id, { id, file, head, read });
    } else if ('run' in line) {
      const before = this.runs.at(-1);
      if (before) {
        this.runs[this.runs.length - 1] = { ...before, end: line.after };
        const generation = this.generations.get(before.generation);
        if (generation) generation.read = before.from + line.after - before.base;
      }
      this.runs.push({ base: line.base, generation: line.run, from: line.from });
    } else {
      const generation = this.generations.get(line.ended);
      if (generation) Object.assign(generation, { read: line.at, end: line.at });
    }
  }

  private async write(line: JournalLine): Promise<void> {
    this.take(line);
    if (this.path === undefined) return;
    this.handle ??= await open(this.path, 'a', 0o600);
    await this.handle.appendFile(`${JSON.stringify(line)}\n`);
    await this.handle.datasync();
  }

  private async rewrite(): Promise<void> {
    const { path } = this;
    if (path === undefined) return;
    await this.close();
    const lines: JournalLine[] = [
      { incarnation: this.incarnation, path: this.followed },
      ...this.known.map((head): JournalLine => ({ known: head })),
    ];
    const first = new Map(this.runs.map(({ generation, from }) => [generation, from]).reverse() as [number, number][]);
    for (const { id, file, head, read } of this.generations.values())
      lines.push({ generation: id, file, head, read: first.get(id) ?? read });
    for (const [i, { base, generation, from }] of this.runs.entries())
      lines.push({ run: generation, base, from, after: this.runs[i - 1]?.end ?? base });
    for (const { id, end } of this.generations.values()) if (end !== undefined) lines.push({ ended: id, at: end });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const next = await open(`${path}.new`, 'w', 0o600);
    try {
      await next.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      await next.sync();
    } finally {
      await next.close();
    }
    await rename(`${path}.new`, path);
    const folder = await open(dirname(path));
    await folder.sync().finally(() => folder.close());
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
