/** Which of the entities of an incident is likely to have begun it, and why, in words. */
import { entityFromKey } from '../../records/entity.js';
import type { IncidentMember } from '../../records/incident.js';

/** Service to the services that it calls, or otherwise needs. */
export type DependsOn = Readonly<Record<string, readonly string[]>>;

const MINUTE = 60_000;

/** How people call an entity: its service, with what tells it from others of the same name. */
export function shortName(entity: string): string {
  const { kind, labels } = entityFromKey(entity);
  const { service = '', name = '' } = labels;
  if (kind === 'series') return [service, name].filter((part) => part !== '').join('/') || entity;
  return service === '' ? entity : kind === 'session' ? `${service} sessions` : service;
}

/** Everything that a service needs, directly or through others. */
export function needs(service: string, dependsOn: DependsOn): Set<string> {
  const found = new Set<string>();
  const open = [service];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const next of Object.hasOwn(dependsOn, one) ? dependsOn[one]! : []) {
      if (found.has(next) || next === service) continue;
      found.add(next);
      open.push(next);
    }
  }
  return found;
}

/**
 * The first one, where it leads by more than `tie`; among those that began together the one that most others depend
 * on, and where that does not tell, the one that stands out most.
 *
 * @param tie ms within which beginnings count as together: the length of a window
 */
export function originOf(
  members: readonly IncidentMember[],
  dependsOn: DependsOn,
  tie: number,
): { readonly origin: IncidentMember; readonly why: string } {
  const first = Math.min(...members.map(({ startsAt }) => startsAt));
  const together = members.filter(({ startsAt }) => startsAt - first <= tie);
  const needed = new Map(members.map((member) => [member, needs(serviceOf(member), dependsOn)]));
  const ranked = together
    .map((member) => ({
      member,
      dependants: members.filter((other) => other !== member && needed.get(other)!.has(serviceOf(member))).length,
    }))
    .sort(
      (a, b) =>
        b.dependants - a.dependants ||
        b.member.u - a.member.u ||
        a.member.startsAt - b.member.startsAt ||
        (a.member.fingerprint < b.member.fingerprint ? -1 : 1),
    );
  const { member: origin, dependants } = ranked[0]!;
  const others = members.length - 1;
  const next = Math.min(...members.filter((member) => member !== origin).map(({ startsAt }) => startsAt));
  const lead = Math.round((next - origin.startsAt) / MINUTE);
  const reasons = [
    ...(lead > 0 && others > 0 ? [`it began ${lead} min before the ${others === 1 ? 'other' : 'next'}`] : []),
    ...(dependants > 0 ? [`${dependants} of the ${others} others depend on it`] : []),
    ...(together.length > 1 && dependants === 0 ? ['of those that began together it stands out most'] : []),
  ];
  return { origin, why: reasons.join(', ') };
}

const serviceOf = ({ entity }: IncidentMember): string => entityFromKey(entity).labels.service ?? '';
