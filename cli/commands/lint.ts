/** Checks configuration files without starting anything. */
import { readConfig } from '../../service/configuration.js';
import { ConfigError, formatProblem, type Problem } from '../../config/problem.js';
import { exitCodes } from '../exit-codes.js';

export function lint(files: readonly string[], { json }: { json?: boolean }): void {
  const problems: Problem[] = [];
  for (const file of files) {
    try {
      readConfig(file);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (json) console.log(JSON.stringify({ ok: problems.length === 0, problems }));
  else for (const problem of problems) console.error(formatProblem(problem));
  if (!json && problems.length === 0) console.log(`${files.join(', ')}: fine`);
  if (problems.length > 0) process.exitCode = exitCodes.usage;
}
