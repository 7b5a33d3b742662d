/** The files that are followed: those that a configuration names, and those that its patterns come to match while it runs. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { glob } from 'tinyglobby';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { FollowJournal } from '../../connectors/file/follow/journal.js';
import { headsBeside, isRotatedName } from '../../connectors/file/follow/rotated.js';
import { followSource } from '../../connectors/file/follow/source.js';
import { fileIncarnation, fileSourceName, refuseNoFile, stemOf } from '../../connectors/file/source.js';
import { received } from '../../connectors/received.js';
import { ReaderClock } from '../../connectors/reader-clock.js';
import { compareBytes } from '../../records/wire/order.js';
import { StartError } from '../../runtime/start-error.js';
import { ingestParts } from '../options.js';
import type { NamedSource } from '../tasks/tasks.js';
import { isFileOf, isFollowed, isGlob, type FileConfig } from './globs.js';
import { receivedFront } from './sources.js';

export class FollowedSources {
  /** Up to where an idle file raises its watermark, ms. */
  front: () => number = () => 0;
  /** Names of those that are read, by path. */
  private readonly found = new Map<string, string>();
  private readonly warned = new Set<string>();
  private readonly sources: readonly FileConfig[];
  private isFirst = true;

  constructor(
    private readonly config: Config,
    private readonly bounded: boolean,
    private readonly log: Logger,
  ) {
    this.sources = config.sources.filter(isFollowed);
  }

  get isEmpty(): boolean {
    return this.sources.length === 0;
  }

  /**
   * Files that have come since it was asked last, in the order of their bytes; at first also those that were deleted before
   * all of them was read.
   *
   * @throws StartError where a file that the configuration names cannot be read
   */
  async find(): Promise<NamedSource[]> {
    const began = this.isFirst ? await this.begunBefore() : [];
    this.isFirst = false;
    const news: NamedSource[] = [];
    for (const source of this.sources) {
      for (const path of await this.pathsOf(source, began)) {
        if (this.found.has(path) || !(await this.isReadable(path, source))) continue;
        news.push(await this.named(path, source));
      }
    }
    return news;
  }

  /** A file was deleted, and all of it was read: when it comes back it is another one. */
  async forget(name: string): Promise<void> {
    for (const [path, known] of this.found) if (known === name) this.found.delete(path);
    const journal = this.journalOf(name);
    if (journal !== undefined) await rm(journal, { force: true });
  }

  private async pathsOf(source: FileConfig, began: readonly string[]): Promise<string[]> {
    if (!isGlob(source.path)) return [resolve(source.path)];
    const others = this.config.sources.flatMap((one) =>
      one !== source && one.type === 'file' ? [resolve(one.path)] : [],
    );
    const matches = await glob(source.path, { absolute: true, expandDirectories: false, dot: false });
    const paths = [...matches.map((path) => resolve(path)), ...began.filter((path) => isFileOf(source, path))];
    // A pattern that matches rotated files, too, would have their lines twice.
    return [...new Set(paths)].filter((path) => !isRotatedName(path) && !others.includes(path)).sort(compareBytes);
  }

  private async isReadable(path: string, source: FileConfig): Promise<boolean> {
    const isNamed = !isGlob(source.path);
    try {
      refuseNoFile(await stat(path));
      await access(path, constants.R_OK);
      return true;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const isMissing = code === 'ENOENT';
      if (isNamed && !isMissing) throw new StartError(`source ${path} cannot be read: ${message}`);
      if (isMissing && isNamed)
        this.warn(path, `${path} is not there yet: it is read from its beginning when it comes`);
      else if (!isMissing) this.warn(path, `${path} matches ${source.path} and cannot be read: ${message}`);
      return isMissing;
    }
  }

  private async named(path: string, source: FileConfig): Promise<NamedSource> {
    const isFromGlob = isGlob(source.path);
    let name = isFromGlob ? `file:${path}` : fileSourceName(path);
    if (this.isTaken(name)) name = `file:${path}`;
    this.found.set(path, name);
    const file = this.journalOf(name);
    const open = (): Promise<FollowJournal> =>
      FollowJournal.open(file, path, async () => ({
        incarnation: await fileIncarnation(path).catch(() => Date.now()),
        known: await headsBeside(path),
      }));
    // What lies beside it now is not its own.
    let journal: FollowJournal | undefined = await open();
    const { incarnation } = journal;
    await journal.close();
    const isReceived = source.time === 'received';
    const front = (): number => this.front();
    const followed = followSource({
      path,
      source: name,
      topic: stemOf(path),
      journal: async () => {
        // One in memory lasts as long as the process.
        if (file !== undefined) return open();
        return (journal ??= await open());
      },
      clock: new ReaderClock(),
      idle: {
        afterMs: this.config.windows.idle_after,
        watermark: isReceived ? receivedFront(this.config, front) : front,
      },
      bounded: this.bounded,
      mayEnd: () => isFromGlob && this.found.size > 1,
      warn: (message) => this.log.warn({ source: name }, message),
    });
    return {
      name,
      incarnation,
      source: isReceived ? received(followed) : followed,
      parts: ingestParts(this.config, { ...source, path }),
    };
  }

  private isTaken(name: string): boolean {
    if ([...this.found.values()].includes(name)) return true;
    return this.config.sources.some((one) => one.type === 'file' && !one.follow && fileSourceName(one.path) === name);
  }

  private journalOf(name: string): string | undefined {
    const { backend, dir } = this.config.state;
    if (backend === 'memory') return undefined;
    return join(dir, 'follow', `${createHash('sha256').update(name).digest('hex').slice(0, 24)}.jsonl`);
  }

  /** Paths of which an earlier run has a journal. */
  private async begunBefore(): Promise<string[]> {
    if (this.config.state.backend === 'memory') return [];
    const folder = join(this.config.state.dir, 'follow');
    const names = await readdir(folder).catch(() => [] as string[]);
    const paths = await Promise.all(
      names.filter((name) => name.endsWith('.jsonl')).map((name) => FollowJournal.pathIn(join(folder, name))),
    );
    return paths.filter((path) => path !== undefined);
  }

  private warn(path: string, message: string): void {
    if (this.warned.has(path)) return;
    this.warned.add(path);
    this.log.warn(message);
  }
}
