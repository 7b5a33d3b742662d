/** A tocsin that reads a log file which grows: services write, some of them are sick, and what follows can be waited for. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notifyAtOnce, startAlertmanager, type AlertmanagerService } from './alertmanager.js';
import { freePort } from './free-port.js';
import { startReceiver, type Receiver } from './receiver.js';

const main = 'dist/cli/main.js';

export interface GrowingLogScene {
  /** The log file. */
  readonly lines: string;
  /** The configuration file. */
  readonly config: string;
  /** Where the API of tocsin is. */
  readonly url: string;
  readonly alertmanager: AlertmanagerService;
  /** What the Alertmanager tells. */
  readonly paged: Receiver;
  /** Ends the services and removes the folder. */
  end(): Promise<void>;
}

/**
 * A folder, an Alertmanager that tells a receiver, and a configuration that pages where a service is sick.
 *
 * @param respond more lines of the section, each indented by two
 * @param more sections
 */
export async function growingLogScene(name: string, respond: string, more = ''): Promise<GrowingLogScene> {
  const folder = mkdtempSync(join(tmpdir(), `tocsin-${name}-`));
  const config = join(folder, 'tocsin.yaml');
  const paged = await startReceiver();
  const alertmanager = await startAlertmanager(notifyAtOnce(paged.url));
  const port = await freePort();
  writeFileSync(
    config,
    `sources: [{ type: file, path: '-', format: json }]
state: { dir: ${folder}/state }
windows: { pane: 1s, length: 2s, lateness: 0s }
alerts: { quiet: 1, gap: 4s, lost: 10s }
rules: [{ name: out-of-memory, action: page, pattern: OutOfMemoryError }]
respond:
  max_age: 3650d
  alertmanager: [{ url: '${alertmanager.url}', resend: 1s, hold: 30s }]
${respond}${more}http: { port: ${port} }
log: { level: info, format: json }
`,
  );
  return {
    lines: join(folder, 'app.log'),
    config,
    url: `http://127.0.0.1:${port}`,
    alertmanager,
    paged,
    end: async () => {
      await Promise.all([alertmanager.stop(), paged.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes lines of services every 200 ms; a sick one says that it is out of memory too. */
export function feed(path: string, services: readonly string[]) {
  const sick = new Set<string>();
  const write = (): void => {
    const time = new Date().toISOString();
    const line = (service: string, level: string, message: string): string =>
      `${JSON.stringify({ time, level, service, message })}\n`;
    appendFileSync(
      path,
      services
        .map(
          (service) =>
            line(service, 'info', 'request served in 12 ms') +
            (sick.has(service)
              ? line(service, 'error', 'OutOfMemoryError: heap <script>alert(1)</script> \u202egnp')
              : ''),
        )
        .join(''),
    );
  };
  write();
  const timer = setInterval(write, 200);
  return { sick, stop: () => clearInterval(timer) };
}

/** A tocsin that reads a growing file, as `tail -F file | tocsin run` does. */
export function startOn(config: string, lines: string) {
  const tail = spawn('tail', ['-n', '+1', '-F', lines], { stdio: ['ignore', 'pipe', 'ignore'] });
  const run = spawn(process.execPath, [main, 'run', '--config', config], { stdio: [tail.stdout, 'pipe', 'pipe'] });
  let said = '';
  const hear = (text: Buffer): void => void (said += text.toString());
  run.stdout.on('data', hear);
  run.stderr.on('data', hear);
  const over = new Promise<number | null>((resolve) => run.on('close', (code) => resolve(code)));
  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const code = await over;
    tail.kill('SIGKILL');
    return code;
  };
  return { said: () => said, kill: () => end(run, 'SIGKILL'), stop: () => end(run, 'SIGTERM') };
}
