/** A service that is started with a configuration file of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Service, startService } from './service.js';

/**
 * Writes the files into a folder of their own, starts the service with the first one, and deletes them when it stops.
 *
 * @param files name to content, the configuration first; further ones (rules) are found by their names from there
 */
export async function startConfigured(name: string, files: Readonly<Record<string, string>>): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), `tocsin-${name}-config-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
    const service = await startService(name, ['--config', join(folder, Object.keys(files)[0]!)]);
    return {
      ...service,
      stop: async () => {
        await service.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
