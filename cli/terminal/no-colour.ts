/** One rule for colours in every command: `--no-color` anywhere is the variable NO_COLOR (no-color.org). */

/**
 * Takes `--no-color` out of the arguments, up to a `--`, and sets NO_COLOR for it.
 *
 * @returns the other arguments, in order
 */
export function withoutColourOption(args: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const end = args.indexOf('--');
  const isMeant = (argument: string, at: number): boolean => argument === '--no-color' && (end < 0 || at < end);
  if (args.some(isMeant)) env.NO_COLOR = '1';
  return args.filter((argument, at) => !isMeant(argument, at));
}
