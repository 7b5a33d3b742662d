/** What a run has written of its shadows, read beside it or after it. */
import type { Config } from '../../config/schema.js';
import { ShadowWatch, type LiveShadow } from '../../service/shadow/watch.js';
import { openReader } from '../replay/channel-records.js';

/** One report a shadow, by name. Throws a StartError where there is no such log. */
export function readLiveShadows(config: Config): Promise<readonly LiveShadow[]> {
  const watch = new ShadowWatch(async () => {
    const reader = await openReader(config, 'shadows', 1);
    return { reader, close: () => reader.close() };
  });
  return watch.look();
}
