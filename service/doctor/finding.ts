/** What a check of the doctor found. */
export interface Finding {
  /** What was looked at: `kafka`, `topic logs`, `state`. */
  readonly about: string;
  readonly level: 'ok' | 'warning' | 'error';
  /** What is so; and what to do where it is not well. */
  readonly message: string;
}

export const ok = (about: string, message: string): Finding => ({ about, level: 'ok', message });
export const warning = (about: string, message: string): Finding => ({ about, level: 'warning', message });
export const failing = (about: string, message: string): Finding => ({ about, level: 'error', message });

/** Limit of one request, ms. */
export const patienceMs = 5000;

/** The work, or an error after a while. */
export async function within<T>(work: Promise<T>, ms = patienceMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
