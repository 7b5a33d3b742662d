/** JSON of limited depth: what is deeper than anything that is meant would overflow the stack of those who walk it. */
const maxDepth = 128;

/** @throws SyntaxError where it is no JSON, or deeper than 128 */
export function parseBounded(text: string): unknown {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isText) {
      if (code === 0x5c) i++;
      else if (code === 0x22) isText = false;
    } else if (code === 0x22) isText = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) throw new SyntaxError(`it is nested deeper than ${maxDepth}`);
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return JSON.parse(text);
}
