/**
 * The first view of the console with 2,000 entities, beside a bare page in the same browser: `npm run bench -- first-view`.
 * From asking for the page until the grid is drawn; the browser's start is in neither.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import type { Bench } from './report.js';

const entities = 2000;
const program = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);

/** Median of the times from asking for a page until it shows `selector`, each in a browser without a cache, ms. */
async function shownAfter(browser: Browser, url: string, selector: string, rounds: number): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    await page.locator(selector).first().waitFor();
    took.push(performance.now() - began);
    await context.close();
  }
  return took.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? NaN;
}

export const bench: Bench = async ({ rounds }, report) => {
  report.heading(`first-view: the overview of ${entities} entities, a day of them, in Chromium without a cache`);
  if (program === undefined) {
    report.heading('  skipped: no chromium here (apt-get install chromium)');
    return;
  }
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./console-fleet.js', import.meta.url)), String(entities)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const bare = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>bare</title><h1>bare</h1>'),
  );
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
      child.once('exit', (code) => reject(new Error(`the console ended with ${code}`)));
    });
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
    const { port } = bare.address() as AddressInfo;
    const ours = await shownAfter(browser, url, 'td.cell', rounds);
    const theirs = await shownAfter(browser, `http://127.0.0.1:${port}/`, 'h1', rounds);
    report.figure('first-view', 'console until its grid is drawn', ours, 'ms');
    report.figure('first-view', 'bare page', theirs, 'ms');
    report.ratio('first view, bare page to console', theirs / ours);
  } finally {
    await browser.close();
    bare.close();
    child.stdin.end();
  }
};
