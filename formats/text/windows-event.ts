/** Events of Windows as XML, one on a line, as agents and `wevtutil` write them. */
import { outcomeOf } from '../../records/outcome.js';
import { isAt, textAt } from './tokens.js';

/** An event; the places are in the line, from < 0 where there is nothing. */
export interface WindowsEvent {
  readonly time: readonly [number, number];
  readonly provider: readonly [number, number];
  /** Index into `levels`. */
  readonly level: number;
  /** Index into `outcomes`: that of an audit. */
  readonly outcome: number;
  readonly message: string;
}

/** Bytes of an event that are looked at. */
const longest = 32_768;
/** Data that are taken into the message of an event without a rendered one. */
const maxData = 16;
/** Index into `levels` of Level 0 (always) to 5 (verbose). */
const levelOf = [3, 6, 5, 4, 3, 2] as const;
/** Bits of Keywords. */
const audit = { failure: 0x0010_0000_0000_0000n, success: 0x0020_0000_0000_0000n };

/** The event at `i`, or undefined where there is none that is whole. */
export function windowsEvent(bytes: Uint8Array, i: number, end: number): WindowsEvent | undefined {
  if (!isAt(bytes, i, end, '<Event')) return undefined;
  const text = textAt(bytes, i, Math.min(end, i + longest));
  const stamp = /<TimeCreated SystemTime=['"](?=([^'"]{10,40})['"])/.exec(text);
  if (!stamp) return undefined;
  const named = /<Provider [^>]*?\bName=['"](?=([^'"]{1,200})['"])/.exec(text);
  const place = (found: RegExpExecArray | null): [number, number] => {
    if (!found) return [-1, -1];
    const from = i + found.index + found[0].length;
    return [from, from + found[1]!.length];
  };
  const number = /<Level>(\d)<\/Level>/.exec(text)?.[1];
  const keywords = BigInt(/<Keywords>(0x[0-9a-fA-F]{1,16})<\/Keywords>/.exec(text)?.[1] ?? '0x0');
  const isFailure = (keywords & audit.failure) !== 0n;
  const isSuccess = (keywords & audit.success) !== 0n;
  return {
    time: place(stamp),
    provider: place(named),
    level: (number === undefined ? undefined : levelOf[Number(number)]) ?? 0,
    outcome: isFailure ? outcomeOf.clientError : isSuccess ? outcomeOf.ok : outcomeOf.unknown,
    message: messageOf(text),
  };
}

/** The rendered message, or the number of the event with its data. */
function messageOf(text: string): string {
  const rendered = /<Message>([^<]+)<\/Message>/.exec(text)?.[1];
  const id = /<EventID[^>]*>(\d+)<\/EventID>/.exec(text)?.[1] ?? '';
  if (rendered !== undefined) return unescapedXml(rendered.trim());
  const data = [...text.matchAll(/<Data(?: Name=['"]([^'"]*)['"])?>([^<]*)<\/Data>/g)].slice(0, maxData);
  const pairs = data.map(([, name, value]) => (name === undefined ? value : `${name}=${value}`));
  return unescapedXml(`event ${id}${pairs.length > 0 ? `: ${pairs.join(' ')}` : ''}`);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const unescapedXml = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name]!);
