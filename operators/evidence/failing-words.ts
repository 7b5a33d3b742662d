/** Words by which a line says that something went wrong, whatever its level is. */

const failing =
  /\b(fail(s|ed|ure|ures|ing)?|errors?|exceptions?|refused|denied|time(d[ -]?out|out)|unable|can(no|')t|could(n't| not)|abort(s|ed|ing)?|fatal|panic(ked)?|unreachable|unavailable|crash(es|ed)?|killed|lost|broken|corrupt(ed)?|exhausted|overflow|deadlock|out of memory|not responding|gave up|giving up|dropped|stalled|unhealthy)\b/i;

/** Texts that were looked at last: a service says the same again and again. */
const known = new Map<string, boolean>();
const maxKnown = 20_000;

/** Whether a template's text says that something went wrong. */
export function warns(text: string): boolean {
  let found = known.get(text);
  if (found === undefined) {
    if (known.size >= maxKnown) known.clear();
    known.set(text, (found = failing.test(text)));
  }
  return found;
}
