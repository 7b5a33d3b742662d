/** State and logs of another release are refused before this one writes a byte to them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics } from '../../connectors/http/metrics.js';
import { openLevelBackend } from '../../connectors/leveldb/backend.js';
import { openEmbedded } from '../../service/channels.js';
import { readConfig } from '../../service/configuration.js';
import { openLinks } from '../../service/delivery/links.js';
import { fileSources } from '../../service/intake/sources.js';
import { createLog } from '../../service/log.js';
import { Pipeline } from '../../service/node.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tocsin-foreign-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configured() {
  writeFileSync(join(folder, 'app.log'), '{"time":"2026-01-05T00:00:00Z","service":"cart","message":"paid"}\n');
  const settings = {
    sources: [{ type: 'file', path: join(folder, 'app.log') }],
    respond: { stdout: 'none' },
    detection: { training: { automatic: false } },
    state: { dir: join(folder, 'state') },
    log: { level: 'error', format: 'json' },
  };
  writeFileSync(join(folder, 'tocsin.json'), JSON.stringify(settings));
  return readConfig(join(folder, 'tocsin.json'));
}

/** What the logs hold. */
function logsOf(dir: string): Record<string, string> {
  const root = join(dir, 'log');
  return Object.fromEntries(
    (readdirSync(root, { recursive: true }) as string[])
      .filter((path) => statSync(join(root, path)).isFile())
      .sort()
      .map((path) => [path, readFileSync(join(root, path)).toString('hex')]),
  );
}

async function opened(config: ReturnType<typeof configured>): Promise<void> {
  const embedded = await openEmbedded(config, () => undefined);
  try {
    const pipeline = await Pipeline.open({
      config,
      embedded,
      sources: await fileSources(config),
      metrics: createMetrics(),
      log: createLog(config.log),
      url: 'http://127.0.0.1:1',
      links: openLinks(config, 'http://127.0.0.1:1'),
    });
    pipeline.stop();
    await pipeline.run();
  } finally {
    await embedded.close();
  }
}

test.each(['windows', 'decisions', 'alerts'] as const)(
  'a foreign record of %s is refused by its place',
  async (name) => {
    const config = configured();
    await opened(config);
    const embedded = await openEmbedded(config, () => undefined);
    const { next } = await embedded.channels[name].reader.range(0);
    embedded.channels[name].writer.append(0, 'key', Buffer.from([255, 255, 255, 255, 1, 2, 3]));
    await embedded.channels[name].writer.flush();
    await embedded.close();
    const before = logsOf(config.state.dir);
    await expect(opened(config)).rejects.toThrow(
      new RegExp(`^${name}/0, offset ${next}: this release cannot read the record .* No state was changed\\.$`),
    );
    expect(logsOf(config.state.dir)).toEqual(before);
  },
);

test('a store of another version is refused, and the logs are as they were', async () => {
  const config = configured();
  await opened(config);
  const backend = await openLevelBackend(join(config.state.dir, 'state'));
  const { epoch } = await backend.claim('detect/0', 1);
  await backend.write('detect/0', epoch, { puts: [], deletes: [], versions: new Map([['boundary', 99]]) }, undefined);
  await backend.close();
  const before = logsOf(config.state.dir);
  await expect(opened(config)).rejects.toThrow(
    /boundary of task detect\/0 holds schema version 99.*Nothing was changed/,
  );
  expect(logsOf(config.state.dir)).toEqual(before);
});
