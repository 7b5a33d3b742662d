/** What benches find: figures of this machine, and ratios, which hold on others too. */
import { cpus, totalmem } from 'node:os';

export interface Figure {
  readonly bench: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** What one thing is in terms of another that ran in the same rounds; more is better. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
}

/** The document that `npm run bench -- --out FILE` writes and `--compare FILE` reads. */
export interface Measured {
  readonly machine: { readonly cpus: number; readonly model: string; readonly memory: number; readonly node: string };
  readonly rounds: number;
  readonly figures: readonly Figure[];
  readonly ratios: readonly Ratio[];
}

/** How the benches of a run are carried out. */
export interface How {
  /** Rounds whose medians count. */
  readonly rounds: number;
  /** Less of everything. */
  readonly quick: boolean;
}

export type Bench = (how: How, report: Report) => Promise<void>;

/** Prints each figure as it comes and keeps it. */
export class Report {
  private readonly figures: Figure[] = [];
  private readonly ratios: Ratio[] = [];

  heading(text: string): void {
    console.log(text);
  }

  figure(bench: string, name: string, value: number, unit: string): void {
    this.figures.push({ bench, name, value, unit });
    console.log(`  ${name.padEnd(32)} ${shown(value).padStart(12)} ${unit}`);
  }

  /** More is better: of costs, the other's by ours. */
  ratio(name: string, value: number): void {
    this.ratios.push({ name, value });
    console.log(`  ${name.padEnd(45)} ratio ${value.toFixed(2)}`);
  }

  measured(rounds: number): Measured {
    const all = cpus();
    const machine = { cpus: all.length, model: all[0]?.model ?? '', memory: totalmem(), node: process.version };
    return { machine, rounds, figures: this.figures, ratios: this.ratios };
  }
}

/** Of a loss of more than a quarter: what differences between two runs of one machine are noise. */
const tolerated = 0.75;

/** Ratios that are worse than the recorded ones by more than a quarter; those that only one of both has do not count. */
export function losses(now: Measured, recorded: Measured): string[] {
  return recorded.ratios.flatMap(({ name, value }) => {
    const found = now.ratios.find((one) => one.name === name);
    if (!found || found.value >= value * tolerated) return [];
    return [`${name}: ${found.value.toFixed(2)}, recorded ${value.toFixed(2)}`];
  });
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
