// Starts one server program on loopback and sees to it that it never outlives the process that started it.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Below the range from which the kernel takes the ports of outgoing connections: a client that retries a stopped
 * server there would sooner or later be handed that very port, connect to itself, and keep the server from coming back.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

/** Listens on a port for a moment; resolves to whether that was possible. */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/**
 * Free ports on loopback. They are drawn at random, so that two test runs at once do not collide.
 * @param count how many
 * @param wanted ports to use instead; 0 or a missing one means "pick"
 */
export async function freePorts(count, wanted = []) {
  const ports = [];
  for (let i = 0; i < count; i++) {
    if (wanted[i]) {
      if (!(await isFree(wanted[i])))
        throw new Error(
          `port ${wanted[i]} on 127.0.0.1 is taken: stop what listens there, or leave the port out to have one picked`,
        );
      ports.push(wanted[i]);
      continue;
    }
    let port;
    do port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    while (ports.includes(port) || !(await isFree(port)));
    ports.push(port);
  }
  return ports;
}

/**
 * Asks a port one question; resolves to the beginning of the answer, or to undefined if nobody answers.
 * Without a question an open port is answer enough.
 */
export function ask(port, question) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('connect', () => (question ? socket.write(question) : end('')));
    socket.once('data', (data) => end(data.toString('latin1')));
    socket.once('close', () => end(undefined));
  });
}

/** A readiness check by HTTP: the path answers 200. */
export const answersHttp = (port, path) => async () =>
  /^HTTP\/1\.1 200/.test(
    (await ask(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)) ?? '',
  );

/**
 * Starts a program and waits until it is ready.
 * @param name what to call it in messages
 * @param command the program and its arguments
 * @param log the file that gets its output (appended)
 * @param isReady asked every 25 ms
 * @param limit milliseconds until giving up
 * @returns `{ pid, exited, kill() }`; `kill()` is SIGKILL and resolves when the process is gone
 */
export async function startServer({ name, command, log, isReady, limit = 60_000 }) {
  const output = openSync(log, 'a');
  // The kernel kills it when we die, however we die; what we do on an orderly end is only tidier.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  let alive = true;
  const exited = new Promise((resolve) => {
    const gone = () => {
      alive = false;
      resolve();
    };
    child.once('exit', gone);
    child.once('error', gone);
  });
  const server = {
    pid: child.pid,
    exited,
    kill() {
      child.kill('SIGKILL');
      return exited;
    },
  };
  for (const began = performance.now(); performance.now() - began < limit; await sleep(25)) {
    if (!alive) break;
    if ((await isReady()) && alive) return server;
  }
  const why = alive ? `was not ready within ${limit / 1000} s` : 'ended before it was ready';
  await server.kill();
  throw new Error(
    `${name} ${why}; the end of its log:\n${readFileSync(log, 'utf8').trim().split('\n').slice(-8).join('\n')}`,
  );
}
