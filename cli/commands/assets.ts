/** Writes what others need to watch tocsin: Grafana dashboards and Prometheus rules. */
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
