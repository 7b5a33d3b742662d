/**
 * How long it takes to mine a catalogue from 100,000 distinct signatures, beside hashing their masked texts alone:
 * `npm run bench -- mine-templates`.
 */
import { hashText } from '../records/wire/hash.js';
import type { Bench } from './report.js';
import { mine, type MinedSignature } from '../models/templates/miner.js';

const signatures = 100_000;

/** Seconds of processor time that `work` takes. */
function cpuSeconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

export const bench: Bench = (_how, report) => {
  const nouns = Array.from({ length: 50 }, (_, i) => `n${'abcdefghij'[i % 10]}${'klmnopqrst'[Math.floor(i / 10)]}`);
  const texts = Array.from({ length: signatures }, (_, i) => {
    const [from, to, event] = [Math.floor(i / 50) % 50, Math.floor(i / 2500), i % 50];
    return `event ${nouns[event]} from ${nouns[from]} to ${nouns[to]} took <*> at stage <*> of plan <*>`;
  });
  const input: MinedSignature[] = [];
  const hashing = cpuSeconds(() => {
    for (const masked of texts) input.push({ signature: hashText(masked), masked, count: 1 });
  });
  let templates = 0;
  const mining = cpuSeconds(() => {
    templates = mine(input).size;
  });
  report.heading(`mine-templates: ${signatures.toLocaleString('en-US')} distinct signatures, ${templates} templates`);
  report.figure('mine-templates', 'mining', mining, 's');
  report.figure('mine-templates', 'hashing their texts', hashing, 's');
  report.ratio('mining templates, to hashing their texts', hashing / mining);
  return Promise.resolve();
};
