/** Resolves the signatures of log windows to templates of the catalogue in force. */
import { addDetail, emptyDetail, type SignatureDetail } from '../records/aggregate.js';
import type { Operator } from '../records/batch.js';
import { struct, text, type Codec } from '../records/wire/codec.js';
import { hex } from '../records/wire/hash.js';
import { ascendingKeys } from '../records/wire/order.js';
import type { StateStores, Store } from '../records/store.js';
import type { Closed, LogWindow } from '../records/window.js';
import { emptyCatalogue, type Catalogue } from '../models/templates/catalogue.js';
import type { MinedSignature } from '../models/templates/miner.js';
import { artefactInForce, promote, setInForce, type LoadedArtefacts } from './artefact.js';
import { mapBatch } from './map-batch.js';

/** What is known of a signature since its first sight. */
export interface Described {
  readonly masked: string;
  readonly sample: string;
}

/** A template as a window or a session has it. */
export interface ResolvedTemplate {
  readonly id: number;
  readonly text: string;
  /** A masked example line; empty where none is known. */
  readonly sample: string;
  /** Whether the catalogue has it; what it does not know is novel by definition. */
  readonly known: boolean;
}

/** Lines of one template in a window, and the signatures that were counted. */
export interface WindowTemplate extends ResolvedTemplate {
  readonly count: number;
  /** What its lines say beyond that they came; absent where they say nothing. */
  readonly detail?: SignatureDetail;
  /** Ascending. */
  readonly signatures: readonly number[];
  /** Plain rule that pages and found it. */
  readonly rule?: string;
}

/** A log window with its templates, by ascending id. */
export interface TemplatedWindow {
  readonly type: 'templated';
  readonly window: LogWindow;
  readonly templates: readonly WindowTemplate[];
  /** Lines without those of ignored templates. */
  readonly lines: number;
  /** Plain rules that matched, by name. */
  readonly rules: readonly string[];
}

/** What leaves `template`. */
export type Templated = Exclude<Closed, LogWindow> | TemplatedWindow;

const described: Codec<Described> = struct<Described>({ masked: text, sample: text });

/** Signatures described by definitions, by `hex(signature)`. */
export const describedSignatures = (stores: StateStores): Store<Described> => stores.open('signatures', described);

/** At most so many signatures are described in a task: what comes later keeps its signature as its name. */
export const MOST_SIGNATURES = 50_000;

/**
 * Templates of signatures by the catalogue in force. What is looked up is kept for as long as that catalogue is in
 * force; it holds nothing that the stores and the catalogue do not.
 */
export class Templates {
  private readonly signatures: Store<Described>;
  private readonly inForce: Store<string>;
  private catalogue: Catalogue = emptyCatalogue;
  private resolved = new Map<number, ResolvedTemplate>();
  /** Of signatures that nothing describes, as long as no further one is described. */
  private readonly undescribed = new Map<number, ResolvedTemplate>();
  private descriptions = 0;
  private current: string | undefined;

  constructor(
    stores: StateStores,
    private readonly loaded: LoadedArtefacts,
  ) {
    this.signatures = describedSignatures(stores);
    this.inForce = artefactInForce(stores);
  }

  /** Id of the artefact set in force; empty in the warm-up. */
  get artefact(): string {
    return this.inForce.get('') ?? '';
  }

  /**
   * The template of a signature, or of the id of a template of any earlier catalogue.
   *
   * @throws NotReady where the set in force is not loaded
   */
  templateOf(signature: number): ResolvedTemplate {
    this.follow();
    const known = this.resolved.get(signature) ?? this.undescribed.get(signature);
    if (known) return known;
    const about = this.signatures.get(hex(signature));
    const template = this.catalogue.templateOf(signature, about?.masked);
    const sample = about?.sample ?? this.signatures.get(hex(template.id))?.sample ?? '';
    const result = { ...template, text: template.text || `signature ${hex(signature)}`, sample };
    // An undescribed signature may be described later.
    const found = about || template.known ? this.resolved : this.undescribed;
    if (found.size > 2 * MOST_SIGNATURES) found.clear();
    found.set(signature, result);
    return result;
  }

  private follow(): void {
    if (this.signatures.size !== this.descriptions) {
      this.undescribed.clear();
      this.descriptions = this.signatures.size;
    }
    const current = this.inForce.get('');
    if (current === this.current) return;
    this.undescribed.clear();
    this.catalogue = setInForce(this.inForce, this.loaded)?.catalogue ?? emptyCatalogue;
    this.resolved = new Map();
    this.current = current;
  }
}

/**
 * Keeps definitions, puts promoted artefact sets in force at their boundary, and counts a log window's lines by
 * template.
 *
 * @param limit signatures that are described; those beyond keep their number as name
 */
export function template(
  stores: StateStores,
  loaded: LoadedArtefacts,
  limit = MOST_SIGNATURES,
): Operator<Closed, Templated> {
  const signatures = describedSignatures(stores);
  const inForce = artefactInForce(stores);
  const templates = new Templates(stores, loaded);
  return mapBatch((batch) => ({
    ...batch,
    items: batch.items.map((item): Templated => {
      if (item.type === 'promotion') promote(inForce, loaded, item);
      if (item.type === 'definition') {
        const key = hex(item.signature);
        if (signatures.size < limit && signatures.get(key) === undefined) {
          signatures.put(key, { masked: item.masked, sample: item.sample });
        }
      }
      return item.type === 'log' ? templated(item, templates) : item;
    }),
  }));
}

/** A template while its signatures are added up. */
interface ResolvedCount {
  readonly template: ResolvedTemplate;
  count: number;
  detail: SignatureDetail | undefined;
  readonly signatures: number[];
}

function templated(window: LogWindow, templates: Templates): TemplatedWindow {
  const byId = new Map<number, ResolvedCount>();
  const { signatures, details } = window.aggregate;
  for (const signature of ascendingKeys(signatures)) {
    const found = templates.templateOf(signature);
    let sum = byId.get(found.id);
    if (!sum) byId.set(found.id, (sum = { template: found, count: 0, detail: undefined, signatures: [] }));
    sum.count += signatures.get(signature)!;
    sum.signatures.push(signature);
    const detail = details.get(signature);
    if (detail) addDetail((sum.detail ??= emptyDetail()), detail);
  }
  const counted: WindowTemplate[] = [];
  for (const key of ascendingKeys(byId)) {
    const { template: found, count, detail, signatures: ids } = byId.get(key)!;
    const { id, text: words, sample, known } = found;
    // Field by field: spreading takes several times as long.
    const one = { id, text: words, sample, known, count, signatures: ids };
    counted.push(detail ? { ...one, detail } : one);
  }
  return { type: 'templated', window, templates: counted, lines: window.aggregate.lines, rules: [] };
}

/** What a miner needs: every described signature; its count is 1 where `counts` does not say more. */
export function* toMine(
  stores: StateStores,
  counts: ReadonlyMap<number, number> = new Map(),
): IterableIterator<MinedSignature> {
  const signatures = describedSignatures(stores);
  for (const key of signatures.keys()) {
    const signature = parseInt(key, 16);
    yield { signature, masked: signatures.get(key)!.masked, count: counts.get(signature) ?? 1 };
  }
}
