/** Keys of a view: single letters, silent while somebody writes. */
import { useEffect, useRef } from 'preact/hooks';

export type KeyBindings = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `g ` where the key before was g: views have names of two keys. */
let prefix = '';
let armedAt = -Infinity;
const armedMs = 1500;

addEventListener(
  'keydown',
  ({ key, target, timeStamp, ctrlKey, metaKey, altKey }) => {
    const isPlain = !ctrlKey && !metaKey && !altKey && !isWriting(target);
    prefix = isPlain && timeStamp - armedAt < armedMs ? 'g ' : '';
    armedAt = isPlain && key === 'g' && prefix === '' ? timeStamp : -Infinity;
  },
  { capture: true },
);

export function useKeys(keys: KeyBindings): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (document.querySelector('dialog[open]')) return;
      const { target } = event;
      if (isWriting(target)) {
        const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
        if (event.key === 'Escape') (target as HTMLElement).blur();
        if (!isBox || event.key === ' ') return;
      }
      // A button or link that has the focus does with Enter what it does.
      if (event.key === 'Enter' && target instanceof HTMLElement && /^(A|BUTTON|SUMMARY)$/.test(target.tagName)) {
        if (!target.hasAttribute('data-row')) return;
      }
      const act = latest.current[prefix + event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

/** Puts the focus into the filter of a view. */
export const focusFilter = (): void => document.querySelector<HTMLInputElement>('[data-filter]')?.focus();
