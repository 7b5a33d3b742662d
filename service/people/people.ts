/** What people see of alerts and healing, and what they say: behind the API and behind signed links. */
import type { HealingApi } from '../../connectors/http/healing-routes.js';
import type { LinkApi } from '../../connectors/http/link-routes.js';
import type { Links } from '../../connectors/http/links.js';
import type { GivenVerdicts, VerdictRequest } from '../../connectors/http/verdict-request.js';
import type { Alert } from '../../records/alert.js';
import type { Healer } from '../healing/leader.js';

const iso = (ms: number): string => new Date(ms).toISOString();
/** Actions that the state shows, newest last. */
const shown = 100;

export function healingApi(healer: Healer): HealingApi {
  const { ledger, audit } = healer;
  return {
    state: () => ({
      stopped: healer.stopped() ?? null,
      leads: healer.leads,
      rules: healer.rules.map(({ name, target, dryRun, approval }) => ({
        name,
        target,
        dryRun,
        approval,
        stopped: ledger.stoppedRules.get(name)?.why ?? null,
      })),
      breakers: [...ledger.breakers].map(([key, { why }]) => ({ key, why })),
      asks: [...ledger.asks.values()].map(({ id, rule, entity, expires, state }) => ({
        ...{ id, rule, entity },
        expires: iso(expires),
        state: state === 'asked' && Date.now() >= expires ? 'lapsed' : state,
      })),
      actions: [...ledger.actions.values()]
        .slice(-shown)
        .map(({ id, rule, entity, state, since }) => ({ id, rule, entity, state, at: iso(since) })),
      head: { seq: audit.chain.seq, hash: audit.chain.hash },
    }),
    entries: (limit) => healer.recent.slice(-limit),
    say: (control) => healer.controls.say(control),
  };
}

interface PeopleParts {
  readonly healer: Healer;
  readonly links: Links;
  readonly wiring: {
    knownAlerts(): Iterable<Alert>;
    readonly verdicts: { give(request: VerdictRequest): Promise<GivenVerdicts | undefined> };
  };
}

export function linkApi(known: PeopleParts): LinkApi {
  const { healer, links } = known;
  const alertOf = (fingerprint: string): Alert | undefined =>
    [...known.wiring.knownAlerts()].find((alert) => alert.fingerprint === fingerprint);
  const linesOf = (alert: Alert | undefined): string[] =>
    alert ? [`${alert.entity} since ${iso(alert.startsAt)}: ${alert.explanation.summary}`] : [];
  return {
    links,
    describe: ({ command, about }) => {
      if (command === 'verdict') {
        const alert = alertOf(about);
        return alert && linesOf(alert);
      }
      const ask = healer.ledger.asks.get(about);
      if (!ask) return undefined;
      return [
        `Rule ${ask.rule} on ${ask.entity}, asked at ${iso(ask.askedAt)}, open until ${iso(ask.expires)}: ${ask.state}.`,
        ...linesOf(alertOf(ask.alert)),
      ];
    },
    used: (id) => healer.controls.said.has(id),
    carryOut: async ({ command, about, to, id }, value) => {
      const by = `link sent to ${to}`;
      if (command === 'verdict') {
        const given = await known.wiring.verdicts.give({ alert: about, value: value!, by, id, via: 'link' });
        return given && `Your verdict: ${value}.`;
      }
      const ask = healer.ledger.asks.get(about);
      if (!ask) return undefined;
      if (ask.state !== 'asked') return `Nothing was changed: it was ${ask.state} before.`;
      await healer.controls.say({ id, command, about, value: '', by, via: 'link', why: '', at: Date.now() });
      return command === 'approve'
        ? 'Approved. Guards are asked once more before anything is called.'
        : 'Denied: this action will not be taken.';
    },
  };
}
