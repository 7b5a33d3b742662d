/**
 * One shard of `windows` in; decisions and alerts out.
 *
 * ```
 * windows ─ merge ─┬ template ─ rules ─ featurise ─ score sessions ─ score ─ calibrate ─ select ─ learn ─ track ─▶ alerts
 *                  └── one boundary at a time ──────────────────────────────────────────────────────┴─▶ decisions
 * ```
 */
import { pipe } from 'rxjs';
import { awaitArtefacts, type LoadedArtefacts } from '../operators/artefact.js';
import { calibrate, type TrainedCalibration } from '../operators/calibrate.js';
import { onSubscribe } from '../operators/map-batch.js';
import { inputAlerts } from '../operators/input-alerts.js';
import { featurise } from '../operators/featurise.js';
import { leaveOut, leftOut } from '../operators/leave-out.js';
import { learnSessions } from '../operators/learn-sessions.js';
import { merge, type MergeOptions, type WindowsItem } from '../operators/merge.js';
import { quarantine, type RowRules } from '../operators/quarantine.js';
import { rules, type PlainRule } from '../operators/rules.js';
import { score } from '../operators/score.js';
import { shadow, type ShadowParts } from '../operators/shadow.js';
import { scoreSessions, type KernelModel } from '../operators/score-sessions.js';
import { select, type BudgetShares, type SelectedRow, type SelectOptions } from '../operators/select.js';
import { Budgets } from '../operators/select/budget.js';
import { sessionTimes } from '../operators/sessions/line-knowledge.js';
import { SessionClasses } from '../operators/sessions/session-class.js';
import { template, Templates } from '../operators/template.js';
import { track, type TrackOptions } from '../operators/track.js';
import type { Operator } from '../records/batch.js';
import type { Tracked } from '../records/decided.js';
import type { Featured } from '../records/row.js';
import type { TimeRange } from '../records/snapshot.js';
import type { StateStores } from '../records/store.js';
import type { Closed } from '../records/window.js';
import { Aside } from './aside.js';

/** What `detect` is made of. */
export interface DetectParts {
  readonly stores: StateStores;
  readonly windows: Omit<MergeOptions, 'sessions'>;
  /** Artefact sets that are loaded, and how to load one that is not. */
  readonly artefacts: { readonly loaded: LoadedArtefacts; load(id: string): Promise<unknown> };
  readonly calibration: (artefact: string) => TrainedCalibration | undefined;
  readonly kernel: () => Promise<KernelModel>;
  readonly rules: readonly PlainRule[];
  /** What feature rows must be. */
  readonly rowRules?: RowRules | undefined;
  readonly select: Omit<SelectOptions, 'distance' | 'settings'>;
  readonly track: TrackOptions;
  /** Event time that is neither decided nor learnt from. */
  readonly without?: readonly TimeRange[];
  /** Whether this shard raises the alerts about the input: the first does. */
  readonly speaksForInput?: boolean;
  /** Takes what answers questions beside the stream. */
  readonly aside?: (aside: Aside) => void;
}

/** Tags of alerts about the input. */
const inputSource = 'input/0';

/** From panes of `windows` to decisions and alerts of one shard. Subscribing twice gives two pipelines. */
export const detect = (parts: DetectParts): Operator<WindowsItem, Tracked> => onSubscribe(() => detectShard(parts));

function detectShard(parts: DetectParts): Operator<WindowsItem, Tracked> {
  const { stores, artefacts } = parts;
  const { templates, classes } = pastOf(parts);
  const budgets = new Budgets(stores, parts.select);

  const rows = rowsOf(parts, classes, templates);
  const decisions = pipe(
    decisionsOf(parts, classes, budgets),
    learnSessions(stores, classes), // classes learn from sessions that are over
    track(stores, artefacts.loaded, parts.track), // episodes to alerts that explain themselves
  );
  const { calibration, windows } = parts;
  const beside: ShadowParts = {
    stores,
    artefacts,
    calibration,
    select: selectOf(parts, classes),
    budgets: sharesOf(budgets),
    shard: windows.shard,
  };
  const aside = asideOf(parts, budgets);
  parts.aside?.(aside);
  // Marks go to every shard: the first one speaks for all of the input.
  const input = parts.speaksForInput ? inputAlerts(stores, { ...parts.track.tag, source: inputSource }) : undefined;
  const { without = [] } = parts;
  const ranges = leftOut(stores);
  const decided = pipe(
    leaveOut(() => [...without, ...(ranges.get('') ?? [])]), // without what a revert left out
    rows,
    quarantine(windows.shard, parts.rowRules), // rows that break a rule about data are put aside
    shadow(beside, decisions), // and what other sets would have decided
  );
  return pipe(
    awaitArtefacts<WindowsItem>(stores, artefacts.loaded, (id) => artefacts.load(id)), // sessions look up templates as they close
    merge(stores, { ...parts.windows, sessions: sessionTimes(classes) }, aside.around(decided), input),
  );
}

interface LearntParts {
  readonly templates: Templates;
  readonly classes: SessionClasses;
}

function pastOf({ stores, artefacts }: Pick<DetectParts, 'stores' | 'artefacts'>): LearntParts {
  const templates = new Templates(stores, artefacts.loaded);
  const classes = new SessionClasses(
    stores,
    (signature) => templates.templateOf(signature),
    () => templates.artefact,
  );
  return { templates, classes };
}

/** From feature rows to decisions. */
const decisionsOf = (
  { stores, artefacts, calibration, select: options }: DetectParts,
  classes: SessionClasses,
  budgets: BudgetShares,
): Operator<Featured, SelectedRow> =>
  pipe(
    score(stores, artefacts.loaded), // every detector of the set in force, shadow scoring
    calibrate(stores, calibration), // scores to return levels
    select(stores, selectOf({ calibration, select: options }, classes), budgets), // whom to believe, at what threshold
  );

const selectOf = (
  { calibration, select: options }: Pick<DetectParts, 'calibration' | 'select'>,
  classes: SessionClasses,
): SelectOptions => ({
  ...options,
  distance: classes.distance.bind(classes),
  settings: (id) => calibration(id)?.settings,
});

/** What entities may cost, for what decides beside the stream. */
const sharesOf = (budgets: Budgets): BudgetShares => ({
  of: (entity) => budgets.wouldBe(entity),
  leave: () => undefined,
});

/** The same operators over copies of the state. */
function asideOf(parts: DetectParts, budgets: Budgets): Aside {
  const over = (stores: StateStores): DetectParts => ({ ...parts, stores });
  const shares = sharesOf(budgets);
  const fromRows = (stores: StateStores): Operator<Featured, SelectedRow> =>
    decisionsOf(over(stores), pastOf(over(stores)).classes, shares);
  return new Aside({
    stores: parts.stores,
    loaded: parts.artefacts.loaded,
    fromRows,
    fromWindows: (stores) => {
      const { templates, classes } = pastOf(over(stores));
      return pipe(rowsOf(over(stores), classes, templates), decisionsOf(over(stores), classes, shares));
    },
  });
}

/** The part that training shares: from closed windows to feature rows. */
export function rowsOf(
  { stores, artefacts, kernel, rules: plain }: Pick<DetectParts, 'stores' | 'artefacts' | 'kernel' | 'rules'>,
  classes: SessionClasses,
  templates: Templates,
): Operator<Closed, Featured> {
  return pipe(
    awaitArtefacts<Closed>(stores, artefacts.loaded, (id) => artefacts.load(id)), // a set that cannot be loaded stops the task
    template(stores, artefacts.loaded), // signatures to templates of the catalogue in force
    rules(stores, plain), // plain rules beside the detectors
    featurise(stores, artefacts.loaded), // features against the entity's own baseline
    scoreSessions(classes, (id) => templates.templateOf(id), kernel), // rarity of sessions
  );
}
