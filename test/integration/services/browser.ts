/** Debian's Chromium, headless: without one the tests of the console are skipped, and say so. */
import { existsSync } from 'node:fs';
import axe, { type AxeResults } from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

const program = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);

/** `describe`, or skipped in one line where there is no browser. */
export function withBrowser(what: string, tests: () => void): void {
  if (program === undefined) console.log(`SKIP ${what}: no chromium here (apt-get install chromium)`);
  (program === undefined ? describe.skip : describe)(what, tests);
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: program!, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** What axe finds wrong with a page, in words; by the debugger, so that the page's own rules for scripts hold. */
export async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`);
}
