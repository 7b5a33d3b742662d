/** Counts the work of code, without a clock: how often each of its blocks ran, and what native calls went over. */
import { Session } from 'node:inspector';

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

type Method = (this: { readonly length: number }, ...args: unknown[]) => unknown;

/** Bytes that `toString(encoding, from, to)` reads. */
const rangeOf = (length: number, [, from = 0, to = length]: readonly unknown[]): number =>
  Math.max(0, Math.min(length, Number(to)) - Number(from));

/** Native methods that go over their receiver: each call counts its length. */
const natives: readonly (readonly [object, readonly string[]])[] = [
  [Buffer.prototype, ['toString', 'includes', 'indexOf', 'lastIndexOf']],
  [String.prototype, ['includes', 'indexOf', 'lastIndexOf', 'split', 'match', 'replace']],
  [Array.prototype, ['includes', 'indexOf', 'shift', 'unshift', 'splice']],
];

/**
 * Steps of the code below some folders, by V8's precise coverage: an entry into a block is a step, and so is each byte,
 * character or member that a native search goes over. The same run gives the same number on any machine.
 *
 * Create it before the measured modules are loaded: what is compiled before is not counted block by block.
 *
 * @example
 * const steps = new Steps(['/operators/']);
 * const { decode } = await import('../../operators/decode.js');
 * const n = steps.of(() => run(decode));
 * steps.close();
 */
export class Steps {
  private readonly session = new Session();

  /** @param folders - parts of the paths of files whose blocks count */
  constructor(private readonly folders: readonly string[]) {
    this.session.connect();
    this.session.post('Profiler.enable');
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The steps of one synchronous run. */
  of(run: () => void): number {
    let inNatives = 0;
    const restore = natives.flatMap(([prototype, names]) =>
      names.map((name) => {
        const native = (prototype as Record<string, Method>)[name]!;
        (prototype as Record<string, Method>)[name] = function (...args) {
          inNatives += name === 'toString' ? rangeOf(this.length, args) : this.length;
          return native.apply(this, args);
        };
        return () => ((prototype as Record<string, Method>)[name] = native);
      }),
    );
    this.take();
    try {
      run();
    } finally {
      restore.forEach((back) => back());
    }
    return this.take() + inNatives;
  }

  close(): void {
    this.session.disconnect();
  }

  /** Steps since it was asked before. */
  private take(): number {
    let sum = 0;
    this.session.post('Profiler.takePreciseCoverage', (_error, coverage) => {
      for (const { url, functions } of (coverage as unknown as Coverage).result) {
        if (!this.folders.some((folder) => url.includes(folder))) continue;
        for (const { ranges } of functions) for (const { count } of ranges) sum += count;
      }
    });
    return sum;
  }
}
