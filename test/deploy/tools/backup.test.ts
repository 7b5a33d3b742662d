/** The drill of docs/operations.md: the state of a stopped process is copied, lost, put back, and nothing is decided otherwise. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { begin, tocsin, whileRunning } from '../../integration/services/tocsin.js';
import { freePort } from '../../integration/services/free-port.js';

test('a copy of a stopped process is enough to go on from, also after more was done and lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-backup-'));
  const configure = (name: string, port: number): string => {
    const file = join(folder, `${name}.json`);
    const sources = ['gateway', 'auth'].map((service) => ({
      type: 'file',
      path: join(folder, 'logs', `${service}.log`),
      labels: { service },
    }));
    writeFileSync(
      file,
      JSON.stringify({ sources, state: { dir: join(folder, name) }, http: { port }, log: { level: 'info' } }),
    );
    return file;
  };
  const decisions = async (config: string, out: string): Promise<Buffer> => {
    await tocsin('replay', '--config', config, '--source', 'decisions', '--out', join(folder, out));
    return readFileSync(join(folder, out));
  };
  try {
    await tocsin('simulate', '--lines', '80000', '--days', '4', '--out', join(folder, 'logs'));
    const whole = configure('whole', 0);
    await tocsin('run', '--config', whole);
    const port = await freePort();
    const drilled = configure('drilled', port);

    // Stopped in good order, somewhere in the middle: there are decisions, and lines that were not read.
    const run = begin(['run', '--config', drilled]);
    await whileRunning(run, async () => {
      const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      );
      return [...text.matchAll(/^tocsin_records_total\S* (\d+)$/gm)].some(([, count]) => Number(count) > 3000);
    });
    run.signal('SIGTERM');
    expect((await run.ended).code).toBe(0);
    const [state, copy] = [join(folder, 'drilled'), join(folder, 'copy')];
    cpSync(state, copy, { recursive: true });

    // It goes on to the end; then all of it is lost, and the older copy put back.
    await tocsin('run', '--config', drilled);
    const gone = await decisions(drilled, 'gone.bin');
    rmSync(state, { recursive: true });
    cpSync(copy, state, { recursive: true });
    expect((await decisions(drilled, 'middle.bin')).length).toBeLessThan(gone.length);
    await tocsin('run', '--config', drilled);
    const restored = await decisions(drilled, 'restored.bin');
    expect(restored.equals(gone)).toBe(true);
    expect(restored.equals(await decisions(whole, 'whole.bin'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 900_000);
