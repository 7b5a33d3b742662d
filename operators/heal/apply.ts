/** What a person's control means for healing: the note that carries it out, or says why it changes nothing. */
import type { Control } from '../../records/control.js';
import { healingNote, type HealingNote } from '../../records/healing.js';
import type { Ledger } from './ledger.js';

/**
 * The note of a control, or undefined for one that is not about healing or was carried out before.
 *
 * @param now wall-clock ms: an approval that comes too late is none
 */
export function applyCommand(
  { id, command, about, by, via, why, at }: Control,
  ledger: Ledger,
  rules: readonly string[],
  now: number,
): HealingNote | undefined {
  if (ledger.controls.has(id)) return undefined;
  const said = why === '' ? `by ${via}` : `${why} (by ${via})`;
  const note = (more: Partial<HealingNote> & Pick<HealingNote, 'what'>): HealingNote =>
    healingNote({ by, control: id, why: said, ...more });
  const ignored = (reason: string): HealingNote => note({ what: 'ignored', guard: `${command} ${about}`, why: reason });

  switch (command) {
    case 'stop':
      return note({ what: 'stopped' });
    case 'resume':
      return ledger.stopped ? note({ what: 'resumed' }) : ignored('healing is not stopped');
    case 'approve':
    case 'deny': {
      const ask = ledger.asks.get(about);
      if (!ask) return ignored('no such action waits for approval');
      if (ask.state !== 'asked') return ignored(`it was ${ask.state} before`);
      if (now >= ask.expires) return ignored('the time to answer is over');
      const { rule, alert, entity } = ask;
      return note({ what: command === 'approve' ? 'approved' : 'denied', id: about, rule, alert, entity });
    }
    case 'close-breaker': {
      const open = ledger.breakers.get(about);
      if (!open) return ignored(`no breaker ${about} is open`);
      // Who asked for it knew of the time before only: a second click does not close what opened since.
      if (at < open.at) return ignored(`breaker ${about} has opened again since: look at it, then close it`);
      return note({ what: 'breaker-closed', guard: about });
    }
    case 'resume-remedy': {
      const stopped = ledger.stoppedRules.get(about);
      if (!stopped)
        return ignored(rules.includes(about) ? `rule ${about} is not stopped` : `no rule is called ${about}`);
      if (at < stopped.at) return ignored(`rule ${about} was stopped again since: look at it, then resume it`);
      return note({ what: 'remedy-resumed', rule: about });
    }
    case 'verdict':
    case 'revoke':
    case 'topic':
    case 'training':
    case 'watermark':
    case 'alias':
    case 'snapshot':
    case 'revert':
    case 'turned':
    case 'canary':
      return undefined;
  }
}
