/** Writes what others need to watch tocsin: Grafana dashboards and Prometheus rules. */
import { Command } from 'commander';
import { examples } from '../command-line.js';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dashboardFiles } from '../assets/dashboards.js';
import { rulesFile } from '../assets/rules.js';

/** All files by their path below the folder that they are written to. */
export const assetFiles = (runbooks?: string): Readonly<Record<string, string>> => ({
  'prometheus/tocsin.rules.yml': rulesFile(runbooks),
  ...Object.fromEntries(
    Object.entries(dashboardFiles()).map(([name, text]) => [join('grafana', 'dashboards', name), text]),
  ),
});

export async function assets({ out, runbooks }: { readonly out: string; readonly runbooks?: string }): Promise<void> {
  for (const [path, text] of Object.entries(assetFiles(runbooks))) {
    const file = join(out, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(file);
  }
}

export const command = new Command('assets')
  .description('write the Grafana dashboards and the Prometheus rules that watch tocsin itself')
  .requiredOption('--out <folder>', 'where to write them')
  .option('--runbooks <url>', 'where docs/runbook.md is served: each rule links its entry there')
  .addHelpText('after', examples('tocsin assets --out deploy'))
  .action(assets);
