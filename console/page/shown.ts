/** Texts of others on the page: controls and what hides or turns text are shown as escapes, whichever view has them. */
import { shown } from '../../records/shown-text.js';

/** Attributes that people read. */
const read = ['title', 'alt', 'aria-label'] as const;

const withShown = (child: unknown): unknown => {
  if (typeof child === 'string') return shown(child);
  return Array.isArray(child) ? child.map(withShown) : child;
};

/** Makes the texts of an element ones that may be shown. The value of an input is left as it is: it is data. */
export function showControls(props: Record<string, unknown>): void {
  if (props.children !== undefined) props.children = withShown(props.children);
  for (const name of read) if (typeof props[name] === 'string') props[name] = shown(props[name]);
}
