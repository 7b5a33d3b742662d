/**
 * Text of others is on every view: log lines, names of services, reasons that people gave. What could hide or turn it is
 * shown as an escape, wherever a view puts text or a label. Values of fields stay as they are.
 */
import { Fragment, options, type VNode } from 'preact';
import { shown } from '../../records/shown-text.js';

/** Attributes that are read. */
const labels = ['title', 'aria-label', 'placeholder'] as const;

const shownChild = (child: unknown): unknown => {
  if (typeof child === 'string') return shown(child);
  return Array.isArray(child) ? child.map(shownChild) : child;
};

/** Shows all text of elements safely from now on; called once, before anything is rendered. */
export function showTextSafely(): void {
  const before = options.vnode?.bind(options);
  options.vnode = (vnode: VNode) => {
    if (typeof vnode.type === 'string' || vnode.type === Fragment) {
      const props = vnode.props as Record<string, unknown>;
      props.children = shownChild(props.children);
      for (const label of labels) if (typeof props[label] === 'string') props[label] = shown(props[label]);
    }
    before?.(vnode);
  };
}
