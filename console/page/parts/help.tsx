/** The keys of the console. */
import { useEffect, useRef } from 'preact/hooks';

const keys: readonly (readonly [string, string])[] = [
  ['j, k', 'next, previous alert'],
  ['Enter', 'read it; Esc goes back to the list'],
  ['1', 'verdict: anomaly'],
  ['2', 'verdict: false alert'],
  ['3', 'verdict: expected'],
  ['4', 'verdict: new normal'],
  ['u', 'undo the last verdict'],
  ['m', 'mute its entity for 4 hours'],
  ['x', 'select it; verdicts then are for all that is selected'],
  ['a', 'select all that is listed, or nothing'],
  ['/', 'filter'],
  ['g o, g a, g w, g m, g p', 'overview, alerts, what if, models, pipeline'],
  ['?', 'this help'],
];

export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="help" onClose={onClose}>
      <h2 id="help">Keys</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button>Close</button>
      </form>
    </dialog>
  );
}
