/** What shadows would have decided beside what was decided, counted from their log. */
import { decodeShadowed, type Shadowed, type ShadowedWindow } from '../../records/shadow.js';
import { shareInterval, type Interval } from '../../training/gate/intervals.js';
import { newRecords } from '../flow/new-records.js';
import type { LogOpener } from '../snapshots/records-between.js';

/** Windows that fire within this time are one alert, ms. */
const gap = 3_600_000;
/** Windows that are listed, the latest. */
const maxListed = 100;

export interface LiveDisagreement {
  readonly entity: string;
  /** ms since 1970. */
  readonly end: number;
  /** Whether the shadow would have fired; what decided did the other thing. */
  readonly shadowFires: boolean;
  readonly u: { readonly shadow: number; readonly champion: number };
}

export interface LiveShadow {
  readonly name: string;
  readonly artefact: string;
  /** Ends of the first and the last windows, ms. */
  readonly from: number;
  readonly to: number;
  readonly windows: number;
  /** Share of the windows that both decided alike, with its interval of 95 %. */
  readonly alike: number;
  readonly interval: Interval;
  readonly fired: { readonly both: number; readonly onlyShadow: number; readonly onlyChampion: number };
  readonly alerts: { readonly shadow: number; readonly champion: number };
  /** Windows with a score that is no finite number. */
  readonly broken: number;
  /** Boundaries at which it did not score, and why it did not the last time; empty where it always has. */
  readonly missed: number;
  readonly failure: string;
  /** Entities by the number of windows that are decided otherwise, most first. */
  readonly entities: readonly { readonly entity: string; readonly windows: number }[];
  /** The latest first. */
  readonly disagreements: readonly LiveDisagreement[];
}

class AgreementCount {
  from = 0;
  to = 0;
  windows = 0;
  both = 0;
  onlyShadow = 0;
  onlyChampion = 0;
  shadowAlerts = 0;
  championAlerts = 0;
  broken = 0;
  missed = 0;
  failure = '';
  private readonly lastFired = { shadow: new Map<string, number>(), champion: new Map<string, number>() };
  private readonly otherwise = new Map<string, number>();
  private listed: LiveDisagreement[] = [];
  /** The last boundary of each shard: a restart writes again what its checkpoint did not cover. */
  private readonly last = new Map<string, number>();

  constructor(readonly artefact: string) {}

  take({ shard, end, windows, broken, failure }: Shadowed): void {
    if (end <= (this.last.get(shard) ?? 0)) return;
    this.last.set(shard, end);
    this.from = this.from === 0 ? end : Math.min(this.from, end);
    this.to = Math.max(this.to, end);
    this.broken += broken;
    if (failure !== '') {
      this.missed++;
      this.failure = failure;
    }
    for (const window of windows) this.count(window, end);
    this.listed = this.listed.sort(latestFirst).slice(0, maxListed);
  }

  private count({ entity, u, fired, decided }: ShadowedWindow, end: number): void {
    this.windows++;
    if (fired && this.isAlert('shadow', entity, end)) this.shadowAlerts++;
    if (decided.fired && this.isAlert('champion', entity, end)) this.championAlerts++;
    if (fired && decided.fired) this.both++;
    if (fired === decided.fired) return;
    if (fired) this.onlyShadow++;
    else this.onlyChampion++;
    this.otherwise.set(entity, (this.otherwise.get(entity) ?? 0) + 1);
    this.listed.push({ entity, end, shadowFires: fired, u: { shadow: u, champion: decided.u } });
  }

  private isAlert(by: 'shadow' | 'champion', entity: string, end: number): boolean {
    const before = this.lastFired[by].get(entity);
    this.lastFired[by].set(entity, end);
    return before === undefined || end - before > gap;
  }

  report(name: string): LiveShadow {
    const { artefact, from, to, windows, both, onlyShadow, onlyChampion, broken, missed, failure } = this;
    const alike = windows - onlyShadow - onlyChampion;
    return {
      name,
      artefact,
      from,
      to,
      windows,
      alike: windows === 0 ? 1 : alike / windows,
      interval: shareInterval(alike, windows),
      fired: { both, onlyShadow, onlyChampion },
      alerts: { shadow: this.shadowAlerts, champion: this.championAlerts },
      broken,
      missed,
      failure,
      entities: [...this.otherwise]
        .map(([entity, unlike]) => ({ entity, windows: unlike }))
        .sort((a, b) => b.windows - a.windows || (a.entity < b.entity ? -1 : 1))
        .slice(0, maxListed),
      disagreements: this.listed,
    };
  }
}

const latestFirst = (a: LiveDisagreement, b: LiveDisagreement): number =>
  b.end - a.end || (a.entity < b.entity ? -1 : a.entity > b.entity ? 1 : 0);

/** All shadows, from the beginning of the log on: a name that stands for another set begins anew. */
export class ShadowWatch {
  private readonly counted = new Map<string, AgreementCount>();
  private next = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly open: LogOpener) {}

  /** Reads what was written since; by name. */
  look(): Promise<readonly LiveShadow[]> {
    const looked = this.last.then(() => this.read());
    this.last = looked.catch(() => undefined);
    return looked;
  }

  private async read(): Promise<readonly LiveShadow[]> {
    const { reader, close } = await this.open();
    try {
      const passed = (next: number): void => void (this.next = next);
      for await (const { record } of newRecords(reader, 0, this.next, decodeShadowed, passed)) this.take(record);
    } finally {
      await close();
    }
    return [...this.counted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, counted]) => counted.report(name));
  }

  private take(shadowed: Shadowed): void {
    let known = this.counted.get(shadowed.name);
    if (known?.artefact !== shadowed.artefact) {
      known = new AgreementCount(shadowed.artefact);
      this.counted.set(shadowed.name, known);
    }
    known.take(shadowed);
  }
}
