/** Writes what others need to watch tocsin: Grafana dashboards and Prometheus rules. */
import { Command } from 'commander';
import { examples } from '../command-line.js';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dashboardFiles } from '../assets/dashboards.js';
import { rulesFile } from '../assets/rules.js';

/** All files by their path below the folder that they are written to. */
export const assetFiles = (): Readonly<Record<string, string>> => ({
  'prometheus/tocsin.rules.yml': rulesFile(),
  ...Object.fromEntries(
    Object.entries(dashboardFiles()).map(([name, text]) => [join('grafana', 'dashboards', name), text]),
  ),
});

export async function assets({ out }: { readonly out: string }): Promise<void> {
  for (const [path, text] of Object.entries(assetFiles())) {
    const file = join(out, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(file);
  }
}

export const command = new Command('assets')
  .description('write the Grafana dashboards and the Prometheus rules that watch tocsin itself')
  .requiredOption('--out <folder>', 'where to write them')
  .addHelpText('after', examples('tocsin assets --out deploy'))
  .action(assets);
