/**
 * What each detector of logs contributes, on the simulated fleet: `npm run build && node scripts/ablation-detectors.mjs 1 2 3`
 * prints a table over the seeds that are given. Every detector, the extra ones too, scores every window without verdicts;
 * ensembles are then put together from the decisions: how many incidents they find at one threshold for all services
 * that costs no more than so many false alerts a week and service.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explains, finds, nameOf } from '../dist/lab/judge/matching.js';
import { decodeDecision } from '../dist/records/score.js';

const extra = ['isolation-forest', 'ecod', 'autoencoder'];
const rates = [0.25, 1, 3];
const areaRates = [0.1, 0.2, 0.5, 1, 2, 3];
const week = 7 * 86_400_000;
/** Firing windows at most so far apart are one alert, ms. */
const gap = 15 * 60_000;

/** u of every detector for every window of the services, and what was injected. */
function life(seed) {
  const dir = mkdtempSync(join(tmpdir(), 'tocsin-ablation-'));
  const tocsin = (...args) => execFileSync('node', ['dist/cli/main.js', ...args], { stdio: 'ignore' });
  try {
    const logs = join(dir, 'logs');
    tocsin('simulate', '--seed', String(seed), '--lines', '400000', '--days', '24', '--out', logs);
    const truth = JSON.parse(readFileSync(join(logs, 'truth.json'), 'utf8'));
    const year = new Date(truth[0].start).getUTCFullYear();
    const names = readdirSync(logs).filter((name) => name.endsWith('.log'));
    const config = join(dir, 'ablation.json');
    const settings = {
      sources: names.map((name) => ({
        type: 'file',
        path: join(logs, name),
        year,
        labels: { service: name.slice(0, -4) },
      })),
      sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
      detection: { extra },
      state: { dir: join(dir, 'state') },
      http: { port: 0 },
      respond: { stdout: false },
    };
    writeFileSync(config, JSON.stringify(settings));
    tocsin('run', '--config', config);
    tocsin('replay', '--config', config, '--source', 'decisions', '--out', join(dir, 'decisions.bin'));
    return { truth, windows: windowsIn(readFileSync(join(dir, 'decisions.bin'))) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function windowsIn(bytes) {
  const windows = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    const decision = decodeDecision(bytes.subarray(at + 4, end));
    const { entity, start, end: until, key, scores } = decision;
    if (key === '' && scores.length > 0)
      windows.push({
        entity,
        start,
        end: until,
        u: scores.map((score) => score.u),
        ...(windows.length === 0 ? { names: scores.map(({ detector }) => detector) } : {}),
      });
    at = end;
  }
  return windows;
}

/** Episodes of an ensemble at a threshold. */
function episodesOf(windows, combine, threshold) {
  const open = new Map();
  const all = [];
  for (const { entity, start, end, u } of windows) {
    if (combine(u) < threshold) continue;
    const known = open.get(entity);
    if (known && end - known.end <= gap) known.end = end;
    else {
      const episode = { entity, start, firedAt: end, end };
      open.set(entity, episode);
      all.push(episode);
    }
  }
  return all;
}

function judge(lives, combine, threshold) {
  const sum = { found: 0, injected: 0, wrong: 0, weeks: 0 };
  for (const { truth, windows } of lives) {
    const episodes = episodesOf(windows, combine, threshold);
    const entities = new Set(windows.map(({ entity }) => entity));
    const services = new Set([...entities].map(nameOf));
    const [first, last] = [windows[0].end, windows[windows.length - 1].end];
    const judged = truth.filter(
      ({ expected, end, services: hit }) => !expected && end > first && hit.some((name) => services.has(name)),
    );
    sum.injected += judged.length;
    sum.found += judged.filter((incident) => episodes.some((episode) => finds(incident, episode))).length;
    sum.wrong += episodes.filter((episode) => !truth.some((incident) => explains(incident, episode))).length;
    sum.weeks += ((last - first) / week) * entities.size;
  }
  return { ...sum, rate: sum.wrong / sum.weeks };
}

function row(name, lives, combine) {
  const sweep = [];
  for (let threshold = -1.6; threshold < 3.9; threshold += 0.15) sweep.push(judge(lives, combine, threshold));
  const best = (most) => Math.max(0, ...sweep.filter(({ rate }) => rate <= most).map(({ found }) => found));
  const { injected } = sweep[0];
  const share = areaRates.reduce((sum, rate) => sum + best(rate) / injected, 0) / areaRates.length;
  return `| ${name} | ${rates.map((rate) => `${best(rate)}/${injected}`).join(' | ')} | ${share.toFixed(3)} |`;
}

const lives = (process.argv.length > 2 ? process.argv.slice(2) : ['1', '2', '3']).map((seed) => life(Number(seed)));
const all = lives[0].windows[0].names;
const places = (names) => names.map((name) => all.indexOf(name));
const median = (names) => {
  const at = places(names);
  const half = (at.length - 1) / 2;
  return (u) => {
    const sorted = at.map((i) => u[i]).sort((a, b) => a - b);
    return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
  };
};
const mean = (names) => {
  const at = places(names);
  return (u) => at.reduce((sum, i) => sum + u[i], 0) / at.length;
};
const usual = all.filter((name) => !extra.includes(name));
console.log(`| Detectors | ${rates.map((rate) => `${rate} a week`).join(' | ')} | mean share |`);
console.log(`|---|${'---|'.repeat(rates.length + 1)}`);
for (const [kind, combine] of Object.entries({ median, mean })) {
  console.log(row(`${kind} of ${usual.join(', ')}`, lives, combine(usual)));
  for (const name of usual)
    console.log(row(`${kind} without ${name}`, lives, combine(usual.filter((one) => one !== name))));
  for (const name of extra) console.log(row(`${kind} with ${name}`, lives, combine([...usual, name])));
}
for (const name of all) console.log(row(`${name} alone`, lives, median([name])));
