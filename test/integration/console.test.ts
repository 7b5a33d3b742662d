/** The console in a browser, on a real run: keys alone, two browsers, seven tabs, hostile lines, a crash, and axe. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { tokenHash } from '../../connectors/http/tokens.js';
import { decodeDecision, subjectOf } from '../../records/score.js';
import { axeFinds, startBrowser, withBrowser } from './services/browser.js';
import { freePort } from './services/free-port.js';
import { feed, startOn } from './services/growing-log.js';
import { startReceiver, type Receiver } from './services/receiver.js';
import { tocsin } from './services/tocsin.js';
import { until } from './services/until.js';

const services = Array.from({ length: 26 }, (_, i) => `shop-${String(i).padStart(2, '0')}`);
const later = ['late-1', 'late-2', 'late-3'];
/** Healing asks before it restarts these. */
const healed = ['heal-1', 'heal-2'];
/** A rule about data does not expect these. */
const oddOnes = ['shop-03', 'shop-04'];
const tokens = { ops: 'the token of ops', reader: 'the token of a reader' };

interface AlertRow {
  readonly id: string;
  readonly entity: string;
}

withBrowser('the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-console-'));
  const config = join(folder, 'tocsin.json');
  const log = join(folder, 'app.log');
  const suite = join(folder, 'suite.json');
  let url: string;
  let run: ReturnType<typeof startOn>;
  let lines: ReturnType<typeof feed>;
  let tools: Receiver;
  let browser: Browser;
  let context: BrowserContext;
  const troubles: string[] = [];

  const api = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}`, { headers: { authorization: `Bearer ${tokens.ops}` } });
    return (await response.json()) as T;
  };
  const total = async (path: string): Promise<number> => (await api<{ total: number }>(path)).total;

  /** A page that has logged in and shows a view. */
  async function open(at: string, of = context): Promise<Page> {
    const page = await of.newPage();
    page.on('pageerror', ({ message }) => void troubles.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
        troubles.push(message.text());
    });
    page.on('dialog', (dialog) => {
      troubles.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`${url}/${at}`);
    return page;
  }
  async function logIn(of: BrowserContext, token: string): Promise<void> {
    const page = await open('', of);
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.close();
  }
  const listed = (page: Page): Promise<string[]> =>
    page.evaluate<string[]>(`[...document.querySelectorAll('[data-row]')].map((row) => row.dataset.row)`);

  beforeAll(async () => {
    const port = await freePort();
    const type = 'expect_column_values_to_not_be_in_set';
    const kwargs = { column: 'entity', value_set: oddOnes.map((service) => `service{service="${service}"}`) };
    writeFileSync(suite, JSON.stringify({ name: 'known', expectations: [{ type, kwargs, id: 'known' }] }));
    tools = await startReceiver();
    url = `http://127.0.0.1:${port}`;
    writeFileSync(
      config,
      JSON.stringify({
        sources: [{ type: 'file', path: '-', format: 'json' }],
        state: { dir: join(folder, 'state') },
        features: { suite: { path: suite } },
        windows: { pane: '1s', length: '2s', lateness: '0s' },
        alerts: { quiet: 1, gap: '4s', lost: '10s' },
        healing: {
          private: ['127.0.0.0/8'],
          least_detectors: 0,
          drift_share: 1,
          targets: [{ name: 'tools', recipe: 'eda', url: `${tools.url}/hook` }],
          rules: healed.map((service) => ({
            ...{ name: `restart-${service}`, match: { service }, target: 'tools', parameters: { service } },
            ...{ dry_run: false, confidence: 0, for: '1s', stabilise: '4s' },
          })),
        },
        rules: [{ name: 'out-of-memory', action: 'page', pattern: 'OutOfMemoryError' }],
        http: {
          port,
          rate_limit: 3000,
          tokens: [
            { name: 'ops', sha256: tokenHash(tokens.ops), scopes: ['admin'] },
            { name: 'reader', sha256: tokenHash(tokens.reader), scopes: ['read'] },
          ],
        },
        log: { format: 'json' },
      }),
    );
    lines = feed(log, [...services, ...later, ...healed]);
    for (const name of services) lines.sick.add(name);
    run = startOn(config, log);
    await until(
      'alerts',
      async () => ((await total('alerts').catch(() => 0)) >= services.length ? true : undefined),
      60_000,
    );
    browser = await startBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  });

  afterAll(async () => {
    await browser?.close();
    lines?.stop();
    await run?.kill();
    await tools?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a token is traded for a cookie that scripts cannot read', async () => {
    const page = await open('');
    await page.getByLabel('Token').fill('not a token');
    await page.keyboard.press('Enter');
    await page.getByText('this token is not known').waitFor();
    await page.close();
    await logIn(context, tokens.ops);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: 'tocsin_session', httpOnly: true, sameSite: 'Strict' });
  });

  test('the grid is one stop of the tab key, and arrows and Enter do all that the mouse does', async () => {
    const page = await open('#/?hours=1');
    await page.locator('td.cell').first().waitFor();
    await page.locator('td[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowLeft');
    const focused = await page.locator(':focus').getAttribute('aria-label');
    expect(focused).toMatch(/decision/);
    expect(await page.locator('td[tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('Enter');
    await page.locator('[data-cell-total]').waitFor();
    await page.close();
  });

  test('20 alerts are answered by keys alone in at most 40 presses, and taken back', async () => {
    const page = await open('#/');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    let presses = 0;
    const press = async (key: string): Promise<void> => {
      presses++;
      await page.keyboard.press(key);
    };
    await press('g');
    await press('a');
    await page.locator('[data-row]').first().waitFor();
    const rows = page.locator('[data-row]');
    const before = await rows.count();
    for (let i = 0; i < 20; i++) {
      await press(String(1 + (i % 4)));
      // The row leaves at once, and the next one is the current one.
      await until('the row to leave', async () => ((await rows.count()) <= before - 1 - i ? true : undefined));
    }
    expect(presses).toBeLessThanOrEqual(40);
    const held = async (): Promise<number> =>
      (await api<{ items: { revokedAt: string | null }[] }>('verdicts?limit=500')).items.filter(
        (one) => one.revokedAt === null,
      ).length;
    await until('20 verdicts', async () => ((await held()) === 20 ? true : undefined));
    for (let i = 0; i < 20; i++) await page.keyboard.press('u');
    await until('none', async () => ((await held()) === 0 ? true : undefined));
    await until('the rows', async () => ((await rows.count()) >= before ? true : undefined));
    await page.close();
  });

  test('one request answers all that is selected, and meanwhile the list stands still', async () => {
    const page = await open('#/alerts');
    await page.locator('[data-row]').first().waitFor();
    const posts: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') posts.push(request.url());
    });
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('Updates are paused while you select').waitFor();
    const before = await listed(page);
    lines.sick.add(later[0]!);
    await until('the new alert', async () => ((await total(`alerts?q=${later[0]}`)) > 0 ? true : undefined));
    expect(await listed(page)).toEqual(before);
    await page.keyboard.press('Escape');
    await page.locator('[data-row]', { hasText: later[0]! }).waitFor();
    await page.keyboard.press('a');
    await page.keyboard.press('3');
    await page.getByText('Nothing waits for an answer.').waitFor();
    await until('the verdicts', async () =>
      (await total('alerts?answered=false&audit=false')) === 0 ? true : undefined,
    );
    expect(posts).toHaveLength(1);
    await page.keyboard.press('u');
    await page.locator('[data-row]').first().waitFor();
    await page.close();
  });

  test('a verdict in one browser is seen in another', async () => {
    const elsewhere = await browser.newContext();
    await logIn(elsewhere, tokens.ops);
    const [here, there] = [await open('#/alerts'), await open('#/alerts', elsewhere)];
    for (const page of [here, there]) await page.locator('[data-row]').first().waitFor();
    await here.keyboard.press('j');
    const id = (await listed(here))[0];
    await here.keyboard.press('2');
    await there.locator(`[data-row="${id}"]`).waitFor({ state: 'detached' });
    await here.keyboard.press('u');
    await there.locator(`[data-row="${id}"]`).waitFor();
    await here.close();
    await elsewhere.close();
  });

  test('seven tabs are live by one stream', async () => {
    const pages: Page[] = [];
    for (let i = 0; i < 7; i++) pages.push(await open('#/alerts'));
    for (const page of pages) {
      await page.locator('[data-row]').first().waitFor();
      await page.locator('.live.on').waitFor();
    }
    for (const page of pages) await page.close();
  });

  test('hostile lines are text', async () => {
    // Which of them quotes the line depends on the windows that it has.
    const id = await until('an alert that quotes a hostile line', async () => {
      for (const alert of (await api<{ items: AlertRow[] }>('alerts?limit=100')).items)
        if (JSON.stringify(await api<unknown>(`alerts/${alert.id}`)).includes('<script>alert(')) return alert.id;
      return undefined;
    });
    const page = await open(`#/alerts/${id}`);
    await page.getByText('<script>alert(').first().waitFor();
    expect(await page.locator('main script').count()).toBe(0);
    // What turns the direction of text is shown as an escape, where it stands.
    await page.getByText('\\u202egnp').first().waitFor();
    expect(await page.locator('body').innerText()).not.toContain('\u202e');
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    await page.close();
  });

  test('who may only read sees no way to answer', async () => {
    const reading = await browser.newContext();
    await logIn(reading, tokens.reader);
    const page = await open('#/alerts', reading);
    await page.locator('[data-row]').first().waitFor();
    expect(await page.getByRole('button', { name: 'false alert' }).count()).toBe(0);
    await page.keyboard.press('1');
    await page.getByText('your token has no scope verdict').waitFor();
    expect(await total('alerts?answered=true')).toBe(0);
    await reading.close();
  });

  test('healing is approved and refused in the browser, by keys, and only what was approved is done', async () => {
    for (const name of healed) lines.sick.add(name);
    for (const [name, button] of [
      [healed[0], 'Refuse'],
      [healed[1], 'Approve'],
    ] as const) {
      const alert = await until(`the alert of ${name}`, async () => {
        const { items } = await api<{ items: AlertRow[] }>(`alerts?q=${name}`);
        return items[0];
      });
      const page = await open(`#/alerts/${alert.id}`);
      const way = page.getByRole('button', { name: button });
      await way.waitFor();
      await way.focus();
      await page.keyboard.press('Enter');
      await way.waitFor({ state: 'detached' });
      await page.close();
    }
    const call = (await tools.waitFor(1))[0]!;
    expect(call.body).toContain(healed[1]);
    const audit = await until('the ledger', async () => {
      const { items } = await api<{ items: { what: string; rule: string; by: string }[] }>('healing/audit?limit=200');
      return items.some(({ what, rule }) => what === 'denied' && rule === `restart-${healed[0]}`) ? items : undefined;
    });
    expect(audit.find(({ what }) => what === 'denied')?.by).toBe('ops');
    expect(tools.requests.filter(({ body }) => body.includes(healed[0]!))).toEqual([]);
    for (const name of healed) lines.sick.delete(name);
  });

  test('what-if says what its route says, at each stop of the slider, and shows a change that it does not write', async () => {
    const page = await open('#/whatif');
    const slider = page.getByRole('slider');
    await slider.waitFor();
    await page.getByRole('heading', { name: 'All stops' }).waitFor();
    const rows = page.getByRole('region', { name: 'All stops' }).locator('tbody tr');
    await rows.first().waitFor();
    const { items } = await api<{ items: { budget: number; refusal: string | null; kept: { true: number } }[] }>(
      'whatif?budget=0.25&budget=0.5&budget=1&budget=2&budget=3&budget=5&budget=7&budget=14',
    );
    await slider.focus();
    await page.keyboard.press('Home');
    for (const [i, { budget, refusal, kept }] of items.entries()) {
      await page
        .locator('pre', { hasText: `budget: ${budget}\n` })
        .or(page.locator('pre', { hasText: new RegExp(`budget: ${budget}$`) }))
        .waitFor();
      const cells = await rows.nth(i).locator('th, td').allTextContents();
      expect([cells[0], cells[1]]).toEqual([String(budget), refusal ?? String(kept.true)]);
      await page.keyboard.press('ArrowRight');
    }
    await page.close();
  });

  test('by the tab key alone one reaches everything in a view, and sees where one is', async () => {
    const page = await open('#/alerts');
    await page.locator('[data-row]').first().waitFor();
    const seen: string[] = [];
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate<[string, string]>(`(() => {
        const one = document.activeElement;
        const isMarked = (of) => {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(of);
          return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
        };
        // A link that fills its row marks the row.
        const row = one.closest('li');
        const shown = isMarked(one) || (row !== null && isMarked(row));
        return [one.getAttribute('aria-label') || one.textContent.trim().slice(0, 40) || one.tagName, shown ? 'shown' : 'not shown'];
      })()`);
      if (at[0] === '' || at[0].startsWith('BODY')) break;
      expect([at[0], at[1]]).toEqual([at[0], 'shown']);
      seen.push(at[0]);
      if (seen.length > 3 && at[0] === seen[0]) break;
    }
    for (const name of ['Overview', 'Alerts', 'What if', 'Models', 'Pipeline'])
      expect(seen.some((one) => one.includes(name))).toBe(true);
    await page.close();
  });

  test('after a crash and a restart the page is live again, and shows each alert once', async () => {
    const page = await open('#/alerts?show=all');
    await page.locator('[data-row]').first().waitFor();
    await page.locator('.live.on').waitFor();
    const before = await listed(page);
    await run.kill();
    await page.locator('.live:not(.on)').waitFor();
    run = startOn(config, log);
    await page.locator('.live.on').waitFor({ timeout: 60_000 });
    lines.sick.add(later[1]!);
    await page.locator('[data-row]', { hasText: later[1]! }).waitFor({ timeout: 60_000 });
    const after = await listed(page);
    expect(new Set(after).size).toBe(after.length);
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
    await page.close();
  });

  test('rows in quarantine are shown by rule, each once, also after a restart', async () => {
    const rule = 'expect_column_values_to_not_be_in_set entity (known)';
    interface Letter {
      readonly number: number;
      readonly detail: string;
    }
    for (const view of ['#/models', '#/pipeline']) {
      const page = await open(view);
      const row = page.locator(`tr[data-rule='${rule}']`);
      await row.waitFor();
      await row.locator('summary').waitFor();
      // Both at one moment: rows come all the time.
      const [rows, last] = await page.evaluate<[string, string]>(
        `['td', 'summary'].map((of) => document.querySelector("tr[data-rule='${rule}'] " + of).textContent)`,
      );
      const number = Number(last.replace(/\D/g, ''));
      const list = ['dlq', 'list', '--config', config, '--reason', 'quarantine', '--limit', '5000', '--json'];
      const { deadLetters } = JSON.parse(await tocsin(...list)) as { deadLetters: Letter[] };
      const upTo = deadLetters.filter((one) => one.number <= number);
      expect(new Set(upTo.map(({ detail }) => detail)).size).toBe(upTo.length);
      expect(Number(rows.replaceAll(',', ''))).toBe(upTo.length);
      // Both services end windows at the same times: each is a row of its own.
      for (const name of oddOnes) expect(upTo.some(({ detail }) => detail.includes(name))).toBe(true);
      await row.locator('summary').press('Enter');
      expect(await row.locator('code').textContent()).toMatch(/^\{"entity":"service\{service=\\"shop-0[34]\\"\}"/);
      await page.close();
    }
    const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${tokens.ops}` } });
    const text = await metrics.text();
    expect(Number(text.split(`tocsin_quarantined_rows_total{rule="${rule}"} `)[1]?.split('\n')[0])).toBeGreaterThan(0);
  });

  test('a cell, the list below and the decisions log have the same number', async () => {
    const { decidedTo } = await api<{ decidedTo: string }>('lanes?limit=1');
    const firedInLog = async (): Promise<readonly { entity: string; end: number }[]> => {
      const reader = await SegmentLogReader.open({ folder: join(folder, 'state', 'log', 'decisions') });
      // What was decided behind the last checkpoint before the crash is there twice.
      const fired = new Map<string, { entity: string; end: number }>();
      for (let shard = 0; shard < reader.shards; shard++)
        for (let next = 0; ;) {
          const records = await reader.read(shard, next, 1000);
          if (records.length === 0) break;
          next = records[records.length - 1]!.offset + 1;
          for (const { value } of records) {
            const decision = decodeDecision(value);
            if (decision.fired && decision.end <= Date.parse(decidedTo)) fired.set(subjectOf(decision), decision);
          }
        }
      await reader.close();
      return [...fired.values()];
    };
    // Other shards may still decide up to this time, and what is served follows the log.
    const fired = await until('all up to this time to be decided and served', async () => {
      const { shards } = await api<{ shards: { boundary: string | null }[] }>('pipeline');
      if (shards.some(({ boundary }) => boundary === null || boundary <= decidedTo)) return undefined;
      const inLog = await firedInLog();
      return (await total(`decisions?fired=true&to=${decidedTo}`)) === inLog.length ? inLog : undefined;
    });
    const page = await open(`#/?hours=1&to=${decidedTo}`);
    const cells = page.locator('td.cell', { hasText: /\d/ });
    await cells.first().waitFor();
    const { from, stepSeconds, items } = await api<{
      from: string;
      stepSeconds: number;
      items: { entity: string; cells: { fired: number }[] }[];
    }>(
      `lanes?from=${new Date(Date.parse(decidedTo) - 3_600_000).toISOString()}&to=${decidedTo}&columns=${await page
        .locator('thead th.when')
        .count()}`,
    );
    let seen = 0;
    for (const lane of items.slice(0, 20)) {
      const at = lane.cells.findIndex((cell) => cell.fired > 0);
      if (at < 0) continue;
      const row = page.locator('tbody tr', { has: page.locator(`th[title='${lane.entity}']`) });
      const cell = row.locator('td').nth(at);
      const begin = Date.parse(from) + at * stepSeconds * 1000;
      const end = begin + stepSeconds * 1000;
      // The last cell goes on beyond the end of the address.
      if (end > Date.parse(decidedTo)) continue;
      const inLog = fired.filter((one) => one.entity === lane.entity && one.end > begin && one.end <= end).length;
      expect(await cell.textContent()).toBe(String(inLog));
      await cell.click();
      await page.locator(`[data-cell-total="${inLog}"]`).waitFor();
      seen++;
    }
    // A young log has one cell that is whole, or none: those of the list are then compared with the log.
    if (seen === 0)
      expect(await total(`decisions?fired=true&to=${decidedTo}`)).toBe(
        fired.filter(({ end }) => end <= Date.parse(decidedTo)).length,
      );
    await page.close();
  });

  test.each([
    ['light', { width: 1600, height: 900 }],
    ['dark', { width: 1600, height: 900 }],
    ['light', { width: 320, height: 640 }],
    ['dark', { width: 320, height: 640 }],
  ] as const)(
    'axe finds nothing on any view, %s, %j',
    async (colorScheme, size) => {
      const alert = (await api<{ items: AlertRow[] }>('alerts?limit=1')).items[0]!;
      const decision = (await api<{ items: { id: string }[] }>('decisions?limit=1')).items.at(0)!;
      const incidents = (await api<{ items: { id: string }[] }>('incidents?limit=1')).items;
      const views = [
        '#/',
        '#/alerts',
        `#/alerts/${alert.id}`,
        `#/entities/${encodeURIComponent(alert.entity)}`,
        `#/decisions/${decision.id}`,
        '#/whatif',
        '#/models',
        '#/pipeline',
        ...incidents.map(({ id }) => `#/incidents/${id}`),
      ];
      const page = await open('');
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      const found: string[] = [];
      for (const view of views) {
        await page.goto(`${url}/${view}`);
        await page.locator('h1').first().waitFor();
        // Nothing is on its way any more.
        await page.locator('.note', { hasText: /…$/ }).first().waitFor({ state: 'detached' });
        for (const one of await axeFinds(page)) found.push(`${view}: ${one}`);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        if (Number(wide) > size.width) found.push(`${view} is ${String(wide)} px wide in ${size.width}`);
      }
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      found.push(...(await axeFinds(page)));
      await page.close();
      expect(found).toEqual([]);
    },
    300_000,
  );

  test('no page has failed, and nothing ran that should not', () => expect(troubles).toEqual([]));
});
