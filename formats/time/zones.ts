/** Time zones: names in stamps, and the zone of a source by the IANA database. */

/** Minutes east of UTC of names that mean one thing (RFC 822, and those of one country). */
const offsets: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  UT: 0,
  Z: 0,
  WET: 0,
  WEST: 60,
  CET: 60,
  MEZ: 60,
  CEST: 120,
  MESZ: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  TRT: 180,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
  NST: -210,
  NDT: -150,
  BRT: -180,
  CLT: -240,
  SAST: 120,
  PKT: 300,
  NPT: 345,
  JST: 540,
  KST: 540,
  SGT: 480,
  HKT: 480,
  PHT: 480,
  WIB: 420,
  AWST: 480,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
};
/** Names that several countries use for different offsets: the zone of the source says which. */
const ambiguous = new Set(['IST', 'BST', 'AST', 'ADT', 'GST', 'SST', 'ECT', 'AMT']);

/** Minutes east of UTC of a zone name, NaN where it is none, `ambiguousZone` where it is several. */
export const ambiguousZone = Infinity;
/** Minutes east of UTC of a zone's abbreviation; `ambiguousZone` where several have it, NaN where none has. */
export function offsetOfName(name: string): number {
  return Object.hasOwn(offsets, name) ? offsets[name]! : ambiguous.has(name) ? ambiguousZone : NaN;
}

/** Letters of the longest name, and names as numbers of five bits a letter. */
const longestName = 5;
const packed = new Map<number, number>();
for (const name of [...Object.keys(offsets), ...ambiguous]) {
  const bytes = Buffer.from(name);
  packed.set(packedName(bytes, 0, bytes.length), offsetOfName(name));
}

function packedName(bytes: Uint8Array, from: number, to: number): number {
  let name = 0;
  for (let i = from; i < to; i++) name = (name << 5) | (bytes[i]! & 0x1f);
  return name;
}

/** As `offsetOfName`, of capital letters in bytes, without a text of them. */
export const offsetOfBytes = (bytes: Uint8Array, from: number, to: number): number =>
  to - from > longestName ? NaN : (packed.get(packedName(bytes, from, to)) ?? NaN);

/** Offsets that are kept of a zone, each of a quarter of an hour: no zone changes within one. */
const maxKept = 20_000;
const quarter = 900_000;

/** A zone of the IANA database, or a fixed offset such as `+02:00`. */
export class Zone {
  private readonly format: Intl.DateTimeFormat | undefined;
  private readonly fixed: number = 0;
  private readonly kept = new Map<number, number>();

  /** @throws RangeError where there is no such zone */
  constructor(readonly name: string) {
    const offset = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(name);
    if (offset) {
      const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
      this.fixed = (offset[1] === '-' ? -minutes : minutes) * 60_000;
    } else if (offsetOfName(name) === 0) this.fixed = 0;
    else {
      this.format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'iso8601',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
    }
  }

  /** ms east of UTC at a time. */
  private offsetAt(time: number): number {
    if (!this.format) return this.fixed;
    const slot = Math.floor(time / quarter);
    let offset = this.kept.get(slot);
    if (offset === undefined) {
      const at = slot * quarter;
      const parts: Record<string, number> = {};
      for (const { type, value } of this.format.formatToParts(at)) parts[type] = Number(value);
      const { year, month, day, hour, minute, second } = parts;
      offset = Date.UTC(year!, month! - 1, day, hour, minute, second) - at;
      if (this.kept.size >= maxKept) this.kept.clear();
      this.kept.set(slot, offset);
    }
    return offset;
  }

  /** What a clock in this zone shows at a time, as ms since 1970. */
  toLocal(time: number): number {
    return time + this.offsetAt(time);
  }

  /**
   * The time of a clock in this zone. In the hour that comes twice the one that is not far behind `near`, a time close by
   * and not later in its source; in the hour that is left out, as if the clock had not been changed yet (RFC 5545).
   *
   * @param local - ms since 1970 as the clock shows them
   * @param near - ms, or -1
   * @param isBroker - `near` is the broker's stamp of the record itself
   */
  toUtc(local: number, near: number, isBroker: boolean): number {
    const before = local - this.offsetAt(local - 86_400_000);
    const after = local - this.offsetAt(local + 86_400_000);
    if (before === after) return before;
    const isBefore = this.offsetAt(before) === local - before;
    const isAfter = this.offsetAt(after) === local - after;
    if (!isAfter) return before;
    if (!isBefore) return after;
    if (near < 0) return before;
    if (isBroker) return Math.abs(after - near) < Math.abs(before - near) ? after : before;
    return before < near - outOfOrder && after >= near - outOfOrder ? after : before;
  }
}

/** Records of one source that are this far behind one another, ms, are of another hour. */
const outOfOrder = 300_000;

const maxZones = 100;
const zones = new Map<string, Zone | undefined>();
/** The zone of a name that data has, or undefined. */
export function zoneNamed(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name);
  if (zones.size >= maxZones) zones.clear();
  let zone: Zone | undefined;
  try {
    zone = new Zone(name);
  } catch {
    zone = undefined;
  }
  zones.set(name, zone);
  return zone;
}
