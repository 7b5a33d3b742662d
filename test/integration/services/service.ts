/** One real service on loopback, run by scripts/services: it ends when it is stopped, and also when the test process dies. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A service that is ready. Members count from 1: the brokers of a Kafka cluster; others have one member. */
export interface Service {
  /** How a client reaches it: an address for its protocol, for Kafka the bootstrap list. */
  readonly url: string;
  /** TCP ports on 127.0.0.1. */
  readonly ports: readonly number[];
  /** Where it keeps its data and its log; gone after `stop`. */
  readonly folder: string;
  /** The process id of a member as it runs now. */
  pid(member?: number): number;
  /** A crash: SIGKILL to a member, whose data stay. */
  kill9(member?: number): void;
  /** A stall: the member is there, takes connections and answers nothing, until `resume`. */
  pause(member?: number): void;
  resume(member?: number): void;
  /** Starts a member again on its own data; resolves when it is ready. A member that still runs is killed first. */
  startAgain(member?: number): Promise<void>;
  /** Ends all members and deletes their data. */
  stop(): Promise<void>;
}

/** What the script prints, a line of JSON each. */
interface Answer {
  url?: string;
  ports?: number[];
  pids?: number[];
  folder?: string;
  member?: number;
  pid?: number;
  error?: string;
}

const script = join(process.cwd(), 'scripts/services/main.mjs');

/**
 * Starts a service and resolves when it is ready.
 *
 * @param name kafka, redis, prometheus, alertmanager or registry
 * @param options of the script, for example `['--brokers', '3']`
 * @throws Error with the end of the service's log if it does not come up; if it is not installed, run
 * `node scripts/services/main.mjs install` once
 */
export async function startService(name: string, options: readonly string[] = []): Promise<Service> {
  const child = spawn(process.execPath, [script, 'up', name, ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C in a terminal reaches the tests first, which then end the services in order.
    detached: true,
  });
  let complaint = '';
  child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const waiting: ((answer: Answer) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line) as Answer));
  const nextAnswer = async (): Promise<Answer> => {
    const answer = await Promise.race([
      new Promise<Answer>((resolve) => waiting.push(resolve)),
      ended.then((): Answer => ({ error: complaint.trim() || 'the service script ended' })),
    ]);
    if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
    return answer;
  };

  const { url, ports, pids, folder } = await nextAnswer();
  if (url === undefined || !ports || !pids || folder === undefined) {
    throw new Error(`${name}: scripts/services/main.mjs printed something else than its description`);
  }
  const signal =
    (what: NodeJS.Signals) =>
    (member = 1) => {
      process.kill(pids[member - 1]!, what);
    };
  return {
    url,
    ports,
    folder,
    pid: (member = 1) => pids[member - 1]!,
    kill9: signal('SIGKILL'),
    pause: signal('SIGSTOP'),
    resume: signal('SIGCONT'),
    startAgain: async (member = 1) => {
      const answer = nextAnswer();
      child.stdin.write(`start ${member}\n`);
      pids[member - 1] = (await answer).pid!;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
