/** How a request or job ended, from the fields of a record: HTTP status, gRPC code, exit code, state words. */

/** Indices into `outcomes`. */
export const outcomeOf = { unknown: 0, ok: 1, clientError: 2, serverError: 3 } as const;

/** Outcome of an HTTP status; 0 where it is none. */
export function outcomeOfStatus(status: number): number {
  if (!(status >= 100 && status <= 599) || !Number.isInteger(status)) return outcomeOf.unknown;
  return status >= 500 ? outcomeOf.serverError : status >= 400 ? outcomeOf.clientError : outcomeOf.ok;
}

const grpcNames = [
  'ok',
  'cancelled',
  'unknown',
  'invalidargument',
  'deadlineexceeded',
  'notfound',
  'alreadyexists',
  'permissiondenied',
  'resourceexhausted',
  'failedprecondition',
  'aborted',
  'outofrange',
  'unimplemented',
  'internal',
  'unavailable',
  'dataloss',
  'unauthenticated',
];
/** Those that the server is to blame for, as in the OpenTelemetry conventions for gRPC servers. */
const grpcServer = new Set([2, 4, 12, 13, 14, 15]);

/** Outcome of a gRPC status code, 0 to 16. */
export function outcomeOfGrpc(code: number): number {
  if (!(code >= 0 && code <= 16) || !Number.isInteger(code)) return outcomeOf.unknown;
  if (code === 0) return outcomeOf.ok;
  return grpcServer.has(code) ? outcomeOf.serverError : outcomeOf.clientError;
}

/** Outcome of a gRPC status by name: `Unavailable`, `DEADLINE_EXCEEDED`. */
export function outcomeOfGrpcName(name: string): number {
  const code = grpcNames.indexOf(name.toLowerCase().replace(/[_ -]/g, '').replace('canceled', 'cancelled'));
  return code < 0 ? outcomeOf.unknown : outcomeOfGrpc(code);
}

/** Outcome of the exit code of a process. */
export const outcomeOfExit = (code: number): number =>
  Number.isInteger(code) && Math.abs(code) < 2 ** 32
    ? code === 0
      ? outcomeOf.ok
      : outcomeOf.serverError
    : outcomeOf.unknown;

const words: Readonly<Record<string, number>> = Object.fromEntries<number>([
  ...'ok success succeeded successful up healthy completed complete passed finished done ready running active accepted'
    .split(' ')
    .map((word) => [word, outcomeOf.ok] as const),
  ...'denied rejected invalid cancelled canceled unauthorized forbidden refused blocked'
    .split(' ')
    .map((word) => [word, outcomeOf.clientError] as const),
  ...'failure failed fail error errored down unhealthy timeout timedout crashed crashloopbackoff aborted unavailable dead lost oomkilled panic broken critical'
    .split(' ')
    .map((word) => [word, outcomeOf.serverError] as const),
]);

/** Outcome of a state word; 0 where it says nothing. */
export function outcomeOfWord(word: string): number {
  const key = word.toLowerCase().replace(/[_ -]/g, '');
  return Object.hasOwn(words, key) ? words[key]! : outcomeOf.unknown;
}
