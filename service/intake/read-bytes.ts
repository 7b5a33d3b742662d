/** How far files are read, for the progress that people see. */

export class ReadBytes {
  private readonly files = new Map<string, { size: number; offset: number }>();

  /** @param size bytes; undefined where it is not known, as of a pipe or a packed file */
  begin(name: string, size: number | undefined): void {
    this.files.set(name, { size: size ?? Number.NaN, offset: 0 });
  }

  at(name: string, offset: number): void {
    const file = this.files.get(name);
    if (file) file.offset = offset;
  }

  /** Bytes that are read. */
  get read(): number {
    let read = 0;
    for (const { offset } of this.files.values()) read += offset;
    return read;
  }

  /** Share that is read, 0 to 1; undefined where a size is not known. */
  get share(): number | undefined {
    let [read, all] = [0, 0];
    for (const { size, offset } of this.files.values()) {
      all += size;
      read += offset;
    }
    return all > 0 ? Math.min(1, read / all) : undefined;
  }
}
