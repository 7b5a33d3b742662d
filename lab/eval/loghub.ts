/**
 * Protocol `loghub`: template mining on the corrected loghub-2k (Zhu et al., ISSRE 2023; labels of Khan et al., ICSE
 * 2022). Messages in file order, one configuration for all systems; labels are read by the scorer only.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from '../../records/wire/hash.js';
import { maskedText } from '../../models/templates/mask.js';
import { mine, type MinedSignature } from '../../models/templates/miner.js';
import { templateRules, type TemplateRules } from '../../models/templates/rules.js';
import { SignatureScan } from '../../models/templates/signature.js';
import { StartError } from '../../runtime/start-error.js';
import { csvRows } from './csv.js';
import { writeCsv, type EvalResult, type Published } from './result.js';
import { templateAccuracy } from './template-accuracy.js';
import { evaluated, step } from './progress.js';

/** One system's lines and their labels. */
export interface LabelledLog {
  readonly system: string;
  readonly messages: readonly Uint8Array[];
  readonly lineIds: readonly string[];
  /** Labelled template of each line. */
  readonly truth: readonly string[];
}

/** The template of a line as tocsin names it. */
export interface MinedLine {
  readonly group: string;
  readonly text: string;
}

/** What the signature scan, the miner and the catalogue make of messages, in their order. */
export function minedLines(messages: readonly Uint8Array[], rules: TemplateRules = templateRules): MinedLine[] {
  const scan = new SignatureScan(rules);
  const seen = new Map<number, { masked: string; count: number }>();
  const signatures = messages.map((message) => {
    scan.scan(message, 0, message.length);
    const known = seen.get(scan.signature);
    if (known) known.count++;
    else seen.set(scan.signature, { masked: maskedText(message, 0, message.length, rules), count: 1 });
    return scan.signature;
  });
  const catalogue = mine(
    Array.from(seen, ([signature, about]): MinedSignature => ({ signature, ...about })),
    undefined,
    rules,
  );
  return signatures.map((signature) => {
    const { id, text } = catalogue.templateOf(signature, seen.get(signature)!.masked);
    return { group: hex(id), text };
  });
}

/** Of others. */
const published: readonly Published[] = [
  {
    name: 'Drain, ten systems',
    source: 'settings per system; He et al., ICWS 2017, in Yu et al., IEEE TSC 2023',
    figures: { ga: 0.94 },
  },
  { name: 'Brain, ten systems', source: 'settings per system; Yu et al., IEEE TSC 2023', figures: { ga: 0.98 } },
  {
    name: 'Drain, 14 systems',
    source: 'larger logs, Loghub-2.0; Jiang et al., ISSTA 2024',
    figures: { fga: 0.74, fta: 0.28 },
  },
  {
    name: 'LogPPT, 14 systems',
    source: 'larger logs, few labels; Le and Zhang, ICSE 2023, in Jiang et al., ISSTA 2024',
    figures: { fga: 0.86, fta: 0.64 },
  },
];

const suffix = '_2k.log_structured_corrected.csv';

/**
 * Reads every folder `SYSTEM` that holds `SYSTEM_2k.log_structured_corrected.csv`.
 *
 * @param dir - the folder of the systems, or one that has it as `loghub-2k`
 * @throws StartError where there is no system
 */
export async function labelledLogs(dir: string): Promise<LabelledLog[]> {
  const root = existsSync(join(dir, 'loghub-2k')) ? join(dir, 'loghub-2k') : dir;
  const entries = (await readdir(root)).sort();
  const systems = entries.filter((name) => existsSync(join(root, name, name + suffix)));
  if (systems.length === 0) throw new StartError(`${dir} has no SYSTEM/SYSTEM${suffix}: give the folder of loghub-2k`);
  return Promise.all(
    systems.map(async (system) => {
      const path = join(root, system, system + suffix);
      const [header = [], ...rows] = csvRows((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''));
      const column = (name: string): string[] => {
        const at = header.indexOf(name);
        if (at < 0) throw new StartError(`${path} has no column ${name}; it has ${header.join(', ')}`);
        return rows.map((row) => row[at]!);
      };
      return {
        system,
        lineIds: column('LineId'),
        messages: column('Content').map((content) => Buffer.from(content)),
        truth: column('EventTemplate'),
      };
    }),
  );
}

/** Scores the benchmark; `out` gets `SYSTEM.csv` with `LineId,EventId,EventTemplate`. */
export async function evalLoghub(dir: string, out?: string): Promise<EvalResult> {
  const logs = await labelledLogs(dir);
  let seconds = 0;
  const parts: Record<string, { ga: number; fga: number; fta: number }> = {};
  evaluated.expect(logs.length);
  for (const { system, messages, lineIds, truth } of logs) {
    await step();
    const began = performance.now();
    const mined = minedLines(messages);
    seconds += (performance.now() - began) / 1000;
    if (out !== undefined) {
      const rows = mined.map(({ group, text }, line) => [lineIds[line]!, group, text]);
      await writeCsv(out, `${system}.csv`, ['LineId', 'EventId', 'EventTemplate'], rows);
    }
    parts[system] = templateAccuracy(mined, truth);
  }
  const lines = logs.reduce((sum, { messages }) => sum + messages.length, 0);
  const mean = (measure: 'ga' | 'fga' | 'fta'): number =>
    Object.values(parts).reduce((sum, part) => sum + part[measure], 0) / logs.length;
  return {
    benchmark: 'loghub',
    overall: { ga: mean('ga'), fga: mean('fga'), fta: mean('fta') },
    parts,
    counts: { systems: logs.length, lines },
    published,
    seconds,
    linesPerSecond: lines / seconds,
  };
}
