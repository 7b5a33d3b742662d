/** What is wrong with a configuration file, and where. */

export interface ConfigProblem {
  readonly file: string;
  /** From 1; 0 where no place is known. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `file:line:column: message`, as compilers write it. */
export const formatProblem = ({ file, line, column, message }: ConfigProblem): string =>
  line > 0 ? `${file}:${line}:${column}: ${message}` : `${file}: ${message}`;

/** Thrown at start-up: the file cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
  }
}
