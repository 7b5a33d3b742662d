/** The stop of all healing by a file, which works when nobody answers: it holds a running tocsin, until the file is gone. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import axios from 'axios';
import type { HealingState } from '../../connectors/http/healing-routes.js';
import { feed, growingLogScene, startOn } from './services/growing-log.js';
import { ended } from './services/tocsin.js';
import { until } from './services/until.js';

test('a file stops it, also where it is there before the start', async () => {
  const scene = await growingLogScene('heal-stop', '');
  const stopped = async (): Promise<string | null> =>
    (await axios.get<HealingState>(`${scene.url}/api/heal`, { timeout: 2000 })).data.stopped;
  const lines = feed(scene.lines, ['cart']);
  let run = startOn(scene.config, scene.lines);
  const file = join(dirname(scene.config), 'state', 'heal.stop');
  try {
    await until('healing is on', async () => ((await stopped().catch(() => '')) === null ? true : undefined));
    const { code, out } = await ended('heal', 'stop', '--config', scene.config);
    const began = performance.now();
    expect([code, out]).toEqual([0, expect.stringContaining(`is stopped while ${file} exists`)]);
    expect(existsSync(file)).toBe(true);
    await until('it is stopped', async () => (await stopped()) ?? undefined);
    console.info(`the file was seen after ${Math.round(performance.now() - began)} ms`);
    expect(await stopped()).toContain('heal.stop');

    await run.kill();
    run = startOn(scene.config, scene.lines);
    await until('it is stopped again', async () => (await stopped().catch(() => null)) ?? undefined);
    rmSync(file);
    await until('healing is on again', async () => ((await stopped()) === null ? true : undefined));
  } finally {
    lines.stop();
    await run.stop();
    await scene.end();
  }
}, 90_000);
