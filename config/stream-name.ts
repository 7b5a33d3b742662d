/** What a source of a stream is called: by its name, else by that of its stream. */
export const streamName = ({ name, stream }: { readonly name?: string | undefined; readonly stream: string }): string =>
  name ?? stream;
