// Makes docs/images/*.png: the console on the simulated fleet of `tocsin demo --serve`, in Debian's Chromium.
//
//   npm run build && node scripts/screenshots.mjs [URL [NAME...]]
//
// URL: of a demo that runs and is past its history; without it one is started. NAME: of pictures, such as console-models; all without.
import { spawn } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { chromium } from 'playwright-core';

const folder = 'docs/images';
const port = 19_466;
/** Days of the fleet that are there at once; it begins on 5 January. */
const history = 16;
let [base, ...names] = process.argv.slice(2);
let demo;
if (base === undefined) {
  const args = [
    'dist/cli/main.js',
    'demo',
    '--serve',
    '--port',
    String(port),
    '--lines',
    '400000',
    '--history',
    `${history}`,
    '--speed',
    '60',
  ];
  demo = spawn(process.execPath, args, { stdio: 'ignore' });
  base = `http://127.0.0.1:${port}`;
}

const get = async (path) => (await axios.get(`${base}/api/v1/${path}`, { proxy: false })).data;
/** The history is over when alerts come that the simulated operator leaves to people. */
const isReady = async () => {
  const { decidedTo } = await get('lanes?limit=1&columns=1').catch(() => ({}));
  return decidedTo !== undefined && Date.parse(decidedTo) > Date.UTC(2026, 0, 5 + history) - 3 * 3_600_000;
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  for (let i = 0; demo && !(await isReady()); i++) {
    if (i > 3600) throw new Error('the demo does not get on');
    await sleep(500);
  }
  mkdirSync(folder, { recursive: true });
  const shoot = async (name, at, { dark = false, width = 1180, height = 720, before } = {}) => {
    if (names.length > 0 && !names.includes(name)) return;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
    const page = await context.newPage();
    await page.goto(`${base}/${at}`);
    await page.locator('h1').first().waitFor();
    await before?.(page);
    await page.locator('.note', { hasText: /…$/ }).first().waitFor({ state: 'detached' });
    await sleep(700);
    const path = `${folder}/${name}.png`;
    await page.screenshot({ path });
    console.log(`${path} ${Math.round(statSync(path).size / 1024)} kB`);
    await context.close();
  };
  await shoot('console-overview', '#/?hours=168', {
    before: async (page) => {
      await page.locator('td.cell.high, td.cell.mid').first().waitFor();
    },
  });
  await shoot('console-alerts', '#/alerts?show=answered', {
    before: async (page) => {
      await page.locator('[data-row]').first().waitFor();
      for (let i = 0; i < 3; i++) await page.keyboard.press('j');
    },
  });
  await shoot('console-models', '#/models', {
    height: 1500,
    before: async (page) => {
      await page.getByRole('button', { name: 'Work it out' }).click();
      await page.locator('[data-importance]').first().waitFor({ timeout: 120_000 });
    },
  });
  const { items } = await get('alerts?limit=100&audit=false&match=service%3Dcheckout');
  const alert = items.find(({ summary }) => /errors/.test(summary)) ?? items[0];
  const range = `from=${alert.startsAt}&to=${alert.lastAt}`;
  await shoot('console-entity', `#/entities/${encodeURIComponent(alert.entity)}?${range}`, { dark: true, height: 860 });
} finally {
  await browser.close();
  demo?.kill('SIGTERM');
}
