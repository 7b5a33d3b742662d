/** The first view of the console costs the same with 2,000 entities as with 100: it is paged. */
import { spawn } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { startBrowser, withBrowser } from './services/browser.js';

interface Looked {
  /** Requests, without the stream of changes. */
  readonly requests: number;
  /** Bytes of their answers' bodies, uncompressed. */
  readonly bytes: number;
  readonly cells: number;
  /** Elements of the whole page. */
  readonly nodes: number;
  /** How often the grid was asked for. */
  readonly grids: number;
  readonly total: string;
}

withBrowser('the first view of the console', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await startBrowser()));
  afterAll(() => browser?.close());

  async function look(entities: number): Promise<Looked> {
    const child = spawn(process.execPath, ['dist/bench/console-fleet.js', String(entities)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      const url = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
        child.once('exit', (code) => reject(new Error(`the console ended with ${code}`)));
      });
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      const page = await context.newPage();
      const failed: string[] = [];
      page.on('pageerror', ({ message }) => void failed.push(message));
      const bodies: Promise<number>[] = [];
      let grids = 0;
      page.on('response', (response) => {
        if (response.url().endsWith('/stream')) return;
        if (response.url().includes('/lanes')) grids++;
        bodies.push(
          response.body().then(
            (body) => body.length,
            () => 0,
          ),
        );
      });
      await page.goto(url);
      await page.locator('td.cell').first().waitFor();
      // Nothing is on its way any more.
      await page.locator('.note', { hasText: /…$/ }).first().waitFor({ state: 'detached' });
      await page.locator('.tile b', { hasText: '–' }).first().waitFor({ state: 'detached' });
      const cells = await page.locator('td.cell').count();
      const nodes = await page.locator('*').count();
      const total = (await page.locator('.tile', { hasText: 'entities' }).textContent()) ?? '';
      const sizes = await Promise.all(bodies);
      await context.close();
      expect(failed).toEqual([]);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      return { requests: sizes.length, bytes, cells, nodes, grids, total };
    } finally {
      child.stdin.end();
      await ended;
    }
  }

  test('2,000 entities take the requests, the bytes and the cells of 100', async () => {
    const [few, many] = [await look(100), await look(2000)];
    expect(many.total).toMatch(/2,?000 entities/);
    expect(few.cells).toBeGreaterThan(1000);
    expect(many.cells).toBe(few.cells);
    expect(many.nodes).toBe(few.nodes);
    expect(many.nodes).toBeLessThan(4000);
    expect(many.grids).toBe(1);
    expect(many.requests).toBe(few.requests);
    expect(many.requests).toBeLessThanOrEqual(16);
    expect(many.bytes).toBeLessThan(few.bytes * 1.1);
    expect(many.bytes).toBeLessThan(600_000);
  }, 240_000);
});
