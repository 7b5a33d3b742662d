import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { yearHint } from '../../service/options.js';
import { runLines } from '../operators/ingest-run.js';

/** Years of the panes of a line, in a file that was last changed at this time. */
async function yearOf(line: string, changed: string): Promise<number> {
  const path = join(mkdtempSync(join(tmpdir(), 'tocsin-year-')), 'messages');
  writeFileSync(path, `${line}\n`);
  utimesSync(path, new Date(changed), new Date(changed));
  const { items } = await runLines([line], yearHint(path));
  const pane = items.find((item) => item.type === 'log');
  return new Date(pane?.type === 'log' ? pane.pane : NaN).getUTCFullYear();
}

test('a stamp without a year is in the year before the last change of its file', async () => {
  expect(await yearOf('Jan  5 12:00:13 web-1 sshd[1]: hello', '2026-01-05T12:00:20Z')).toBe(2026);
  expect(await yearOf('Jan  5 12:00:13 web-1 sshd[1]: hello', '2026-11-30T00:00:00Z')).toBe(2026);
  expect(await yearOf('Dec 31 23:59:59 web-1 sshd[1]: hello', '2026-01-01T00:10:00Z')).toBe(2025);
  expect(await yearOf('I0105 12:00:30.123456       1 controller.go:10] synced', '2026-01-05T12:00:31Z')).toBe(2026);
});
