/** The path of a followed file, and the contents that it has and had, oldest first. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { firstBytes, openContent, type Content } from './content.js';
import { Followed, Replaced } from './followed.js';
import { headBytes, headOf, type FollowJournal } from './journal.js';
import { findContent, unseenBeside } from './rotated.js';

/** A followed path with its contents. */
export class FollowedPath {
  readonly contents: Followed[] = [];
  private replaced: Followed | undefined;
  private isLossy = false;
  private missingSince: number | undefined;
  /** Why the file could not be opened last. */
  private refused: string | undefined;
  /** When names in the folder changed last. */
  private folderChanged: bigint | undefined;

  constructor(
    private readonly path: string,
    private readonly journal: FollowJournal,
    private readonly warn: (message: string) => void,
  ) {}

  /** Finds what an earlier run has not read to its end, wherever it is now. */
  async open(): Promise<void> {
    const { path, journal } = this;
    for (const generation of [...journal.generations.values()].sort((a, b) => a.id - b.id)) {
      const isNeeded = journal.runs.some((run) => run.generation === generation.id);
      if (generation.end !== undefined && !isNeeded) continue;
      const found = await findContent(path, generation, true);
      if (found) {
        const first = await firstBytes(
          found.content,
          Math.min(headBytes, Math.max(generation.head.length, generation.read)),
        );
        this.contents.push(new Followed(generation, found.content, found.isHere, first));
        continue;
      }
      if (isNeeded)
        this.warn(`what ${path} held is not found beside it: it was deleted or moved before all of it was read`);
      else await journal.end(generation, generation.read);
    }
    await this.look();
    await this.takeUnseen();
  }

  of(id: number): Followed | undefined {
    return this.contents.find(({ generation }) => generation.id === id);
  }

  /** A content is not what it was: the next look finds out more. */
  get isReplaced(): boolean {
    return this.replaced !== undefined;
  }

  /** Whether something was lost since this was asked last. */
  takeLoss(): boolean {
    const { isLossy } = this;
    this.isLossy = false;
    return isLossy;
  }

  async guarded<T>(followed: Followed, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Replaced)) throw error;
      this.replaced = followed;
      return undefined;
    }
  }

  /** Sees what is at the path now: the file that was there, another one, none. */
  async look(): Promise<void> {
    const { replaced } = this;
    this.replaced = undefined;
    if (replaced) await this.replace(replaced);
    const live = this.contents.find(({ isLive }) => isLive);
    const file = await fileAt(this.path);
    if (file === undefined) {
      if (live) live.isLive = false;
      this.missingSince ??= performance.now();
      return;
    }
    this.missingSince = undefined;
    if (live?.content.file === file) {
      await this.guarded(live, () => live.check());
      if (this.isReplaced) await this.look();
      else if (live.firstBytes.length === 0) await this.takeUnseen();
      return;
    }
    if (live) live.isLive = false;
    const back = this.contents.find(({ content }) => content.file === file && !content.isFixed);
    if (back) back.isLive = true;
    else await this.takeNew();
  }

  /** Whether the file was deleted at least `quietMs` ago, all of it was read, and the source may end. */
  isDeleted(quietMs: number, mayEnd?: () => boolean): boolean {
    const { missingSince } = this;
    if (missingSince === undefined || this.contents.length > 0) return false;
    return performance.now() - missingSince >= quietMs && mayEnd?.() === true;
  }

  /** More of the first bytes of a content is known. */
  know({ generation, firstBytes: first }: Followed): Promise<void> {
    return this.journal.know(generation, headOf(first));
  }

  /** Writes down that nothing of a content follows after this byte. */
  async end(followed: Followed, at: number): Promise<void> {
    if (followed.firstBytes.length > followed.generation.head.length) await this.know(followed);
    await this.journal.end(followed.generation, at);
  }

  async drop(followed: Followed): Promise<void> {
    this.contents.splice(this.contents.indexOf(followed), 1);
    await followed.content.close();
  }

  async close(): Promise<void> {
    for (const { content } of this.contents.splice(0)) await content.close();
  }

  /** The file was cut: its content goes on in the copy that was made of it before, where there is one. */
  private async replace(followed: Followed): Promise<void> {
    const { path } = this;
    const { generation, firstBytes: first, read } = followed;
    const wanted = { file: generation.file, head: headOf(first), read };
    const copy = first.length > 0 ? await findContent(path, wanted, false) : undefined;
    if (copy) await followed.moveTo(copy.content);
    else {
      this.warn(
        `${path} was cut, and no copy of it is beside it: what was written to it since it was read last is lost`,
      );
      this.isLossy = true;
      await this.end(followed, read);
      await this.drop(followed);
    }
    if (!this.contents.some(({ isLive }) => isLive)) await this.takeNew();
  }

  /** What is at the path now is a content of its own, behind those that came and went since. */
  private async takeNew(): Promise<void> {
    let content: Content;
    try {
      content = await openContent(this.path, false);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // A file may get its owner and mode after it was made.
      if (code !== 'ENOENT' && this.refused !== message) this.warn(`${this.path} cannot be read: ${message}`);
      this.refused = message;
      return;
    }
    await this.addUnseen(await firstBytes(content, headBytes));
    const generation = await this.journal.add(content.file, headOf(Buffer.alloc(0)));
    this.contents.push(new Followed(generation, content, true, Buffer.alloc(0)));
  }

  /** Contents that came and went before the first byte of the file at the path was read. */
  private async takeUnseen(): Promise<void> {
    const changed = await folderOf(this.path);
    if (changed === this.folderChanged) return;
    this.folderChanged = changed;
    const live = this.contents.find(({ isLive }) => isLive);
    const first = live ? await firstBytes(live.content, headBytes) : Buffer.alloc(0);
    await this.addUnseen(first);
  }

  private async addUnseen(first: Buffer): Promise<void> {
    const { journal } = this;
    const heads = [...journal.known, ...[...journal.generations.values()].map(({ head }) => head)];
    for (const { content, firstBytes: one, isLive } of this.contents) {
      heads.push(headOf(one));
      // What nothing was read of yet may have been packed meanwhile.
      if (!isLive) heads.push(headOf(await firstBytes(content, headBytes)));
    }
    const files = new Set(this.contents.map(({ content }) => content.file));
    for (const content of await unseenBeside(
      this.path,
      { files, heads: heads.filter(({ length }) => length > 0) },
      first,
    )) {
      const head = await firstBytes(content, headBytes);
      const generation = await journal.add(content.file, headOf(head));
      const at = this.contents.findIndex(({ isLive }) => isLive);
      this.contents.splice(at < 0 ? this.contents.length : at, 0, new Followed(generation, content, false, head));
    }
  }
}

async function fileAt(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const folderOf = (path: string): Promise<bigint | undefined> =>
  stat(dirname(path), { bigint: true }).then(
    ({ mtimeNs }) => mtimeNs,
    () => undefined,
  );
