import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLevelBackend } from '../../../connectors/leveldb/backend.js';
import type { StateBackend } from '../../../runtime/backend.js';
import { storeConformance } from '../../conformance/store.js';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'tocsin-leveldb-'));
const folders = new WeakMap<StateBackend, string>();

async function openAt(folder: string): Promise<StateBackend> {
  const backend = await openLevelBackend(folder);
  folders.set(backend, folder);
  return backend;
}

storeConformance('LevelDB', {
  create: async () => openAt(await newFolder()),
  async reopen(backend) {
    await backend.close();
    return openAt(folders.get(backend)!);
  },
  async destroy(backend) {
    await backend.close();
    await rm(folders.get(backend)!, { recursive: true });
  },
});

describe('a LevelDB state folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('that is in use is refused with what to do', async () => {
    const first = await openLevelBackend(folder);
    await expect(openLevelBackend(folder)).rejects.toThrow(
      `state folder ${folder} is in use by another process (or twice in this one): ` +
        'stop the other tocsin, or give this one its own state.dir.',
    );
    await first.close();
    await (await openLevelBackend(folder)).close();
  });

  test('that is damaged is refused with its path and what to do', async () => {
    const first = await openLevelBackend(folder);
    await first.close();
    await writeFile(join(folder, 'CURRENT'), 'MANIFEST-999999\n');
    await expect(openLevelBackend(folder)).rejects.toThrow(/cannot be opened: .*MANIFEST-999999.* move it away/s);
  });
});
