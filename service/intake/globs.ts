/** File sources whose path stands for several files. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import picomatch from 'picomatch';
import { globSync } from 'tinyglobby';
import type { Config, SourceConfig } from '../../config/schema.js';
import { isRotatedName } from '../../connectors/file/follow/rotated.js';
import { compareBytes } from '../../records/wire/order.js';

export type FileConfig = Extract<SourceConfig, { type: 'file' }>;

const fromGlobs = new WeakSet<SourceConfig>();

/** Whether a source is one of several that a pattern stood for: it is named by its whole path, whatever else matches later. */
export const isFromGlob = (source: SourceConfig): boolean => fromGlobs.has(source);

/** Whether a path is a pattern: a file of exactly this name is none. */
export const isGlob = (path: string): boolean => /[*?[{]/.test(path) && !existsSync(path);

/** Whether a source is a file, or a pattern of files, that is followed. */
export const isFollowed = (source: SourceConfig): source is FileConfig => source.type === 'file' && source.follow;

/** Whether a file belongs to a followed source. */
export const isFileOf = ({ path: pattern }: FileConfig, path: string): boolean =>
  resolve(pattern) === resolve(path) ||
  (isGlob(pattern) && !isRotatedName(path) && picomatch(resolve(pattern))(resolve(path)));

/**
 * Each file source whose path is a pattern (`logs/app-*.log`) becomes a source for each file that
 * there is now, in the order of their bytes, but for files that another source has. One that matches nothing stays as it is.
 */
export function expandGlobs(config: Config): Config {
  if (!config.sources.some((source) => source.type === 'file' && isGlob(source.path))) return config;
  const taken = new Set(config.sources.flatMap((source) => (source.type === 'file' ? [resolve(source.path)] : [])));
  const sources = config.sources.flatMap((source): SourceConfig[] => {
    // A pattern that is followed is matched again and again.
    if (source.type !== 'file' || source.follow || !isGlob(source.path)) return [source];
    const paths = globSync(source.path, { absolute: isAbsolute(source.path), expandDirectories: false, dot: false });
    if (paths.length === 0) return [source];
    const own = paths.filter((path) => !taken.has(resolve(path)));
    for (const path of own) taken.add(resolve(path));
    return own.sort(compareBytes).map((path) => {
      const one = { ...source, path };
      fromGlobs.add(one);
      return one;
    });
  });
  return { ...config, sources };
}
