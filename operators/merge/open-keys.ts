/** Keys of the sessions of one class in order, so that those that go on where another ends are found without a walk. */

/** Added keys that are kept apart before they are sorted in. */
const maxRecent = 1024;

/** Keys of open sessions; a key that was deleted stays until the next sorting. */
export class OpenKeys {
  private sorted: string[] = [];
  private recent: string[] = [];
  private unsorted: string[] = [];

  /** @param isOpen - whether a key still is that of a session with lines */
  constructor(private readonly isOpen: (key: string) => boolean) {}

  add(key: string): void {
    this.unsorted.push(key);
  }

  /** Whether there is a longer key that begins with `key`. */
  hasLonger(key: string): boolean {
    this.sort();
    return this.has(this.sorted, key) || this.has(this.recent, key);
  }

  private has(keys: readonly string[], key: string): boolean {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keys[middle]! <= key) low = middle + 1;
      else high = middle;
    }
    for (; low < keys.length && keys[low]!.startsWith(key); low++) if (this.isOpen(keys[low]!)) return true;
    return false;
  }

  private sort(): void {
    if (this.unsorted.length === 0) return;
    this.recent = [...this.recent, ...this.unsorted].sort();
    this.unsorted = [];
    if (this.recent.length <= maxRecent) return;
    const all = new Set([...this.sorted.filter(this.isOpen), ...this.recent]);
    this.sorted = [...all].sort();
    this.recent = [];
  }
}
