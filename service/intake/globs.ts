/** File sources whose path stands for several files. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { globSync } from 'tinyglobby';
import type { Config, SourceConfig } from '../../config/schema.js';
import { compareBytes } from '../../records/wire/order.js';

const fromGlobs = new WeakSet<SourceConfig>();

/** Whether a source is one of several that a pattern stood for: it is named by its whole path, whatever else matches later. */
export const isFromGlob = (source: SourceConfig): boolean => fromGlobs.has(source);

/** Whether a path is a pattern: a file of exactly this name is none. */
export const isGlob = (path: string): boolean => /[*?[{]/.test(path) && !existsSync(path);

/**
 * Each file source whose path is a pattern (`logs/app-*.log`) becomes a source for each file that
 * there is now, in the order of their bytes, but for files that another source has. One that matches nothing stays as it is.
 */
export function expandGlobs(config: Config): Config {
  if (!config.sources.some((source) => source.type === 'file' && isGlob(source.path))) return config;
  const taken = new Set(config.sources.flatMap((source) => (source.type === 'file' ? [resolve(source.path)] : [])));
  const sources = config.sources.flatMap((source): SourceConfig[] => {
    if (source.type !== 'file' || !isGlob(source.path)) return [source];
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
