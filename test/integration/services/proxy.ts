/** A TCP proxy that behaves as badly as a network can: between tocsin and any server that it talks to. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Which way bytes go. */
export type Direction = 'requests' | 'answers';

/** What is wrong with the network, from now on. Nothing is, without a field. */
export interface Faults {
  /** Every piece is held back for so long, ms, in order. */
  readonly latencyMs?: number;
  /** At most so many bytes a second: a slow reader, a thin line. */
  readonly bytesPerSecond?: number;
  /** Where it is thin; both ways without it. Of requests alone: who asks is served, who brings a lot waits. */
  readonly thin?: Direction;
  /** Bytes of this direction go nowhere; the connection stays open. With both it is half-open. */
  readonly swallow?: readonly Direction[];
  /** Connections are refused. Those that are open are cut when this begins. */
  readonly refuse?: boolean;
  /** Each connection is cut (RST) after so many more bytes of requests: a write arrives in half. */
  readonly cutAfterBytes?: number;
  /** In answers, the twentieth byte after each appearance of these is another one. */
  readonly spoil?: Buffer;
}

export interface Proxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Bytes of requests that have come so far. */
  readonly requestBytes: number;
  /** Replaces what is wrong; `{}` heals. Connections that were hung stay hung until they are cut. */
  behave(faults: Faults): void;
  /** Cuts every open connection (RST). */
  cut(): void;
  /** From now on connections lead to another port, as an address does that moves in a failover; open ones are cut. */
  aim(port: number): void;
  /**
   * Sends requests that came from `from` up to `to` (values of `requestBytes`) to the server once more, on connections
   * of their own, and resolves when it has answered: what a network does that delivers late what was given up.
   */
  repeat(from: number, to?: number): Promise<void>;
  stop(): Promise<void>;
}

/** One direction of one connection: pieces wait for their turn, and the sender is held up while they do. */
class Line {
  private passed = 0;
  /** Something is missing from what was handed on: nothing after it would make sense. */
  private isBroken = false;
  private last = Promise.resolve();

  constructor(
    private readonly direction: Direction,
    private readonly to: Socket,
    private readonly faults: () => Faults,
    private readonly cut: () => void,
  ) {}

  /** Resolves when the piece has been handed on, or dropped. */
  send(piece: Buffer): Promise<void> {
    this.last = this.last.then(() => this.pass(piece));
    return this.last;
  }

  private async pass(piece: Buffer): Promise<void> {
    const { latencyMs = 0, bytesPerSecond, thin = this.direction, swallow, cutAfterBytes, spoil } = this.faults();
    if (latencyMs > 0) await wait(latencyMs);
    if (this.isBroken || swallow?.includes(this.direction)) {
      this.isBroken = true;
      return;
    }
    if (this.direction === 'requests' && cutAfterBytes !== undefined && this.passed + piece.length > cutAfterBytes) {
      this.to.write(piece.subarray(0, Math.max(0, cutAfterBytes - this.passed)), () => this.cut());
      return;
    }
    this.passed += piece.length;
    if (this.direction === 'answers' && spoil) spoilAfter(piece, spoil);
    if (bytesPerSecond === undefined || thin !== this.direction) {
      await this.write(piece);
      return;
    }
    // Twenty pieces a second at most, so that a thin line is thin all the time.
    const step = Math.max(1, Math.ceil(bytesPerSecond / 20));
    for (let at = 0; at < piece.length; at += step) {
      await this.write(piece.subarray(at, at + step));
      await wait((1000 * Math.min(step, piece.length - at)) / bytesPerSecond);
    }
  }

  private write(piece: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.to.destroyed) resolve();
      else this.to.write(piece, () => resolve());
    });
  }

  /** Counts bytes anew: `cutAfterBytes` is from now on. */
  restart(): void {
    this.passed = 0;
  }
}

/** Changes one byte, if it is still within the piece. */
function spoilAfter(piece: Buffer, what: Buffer): void {
  for (let at = piece.indexOf(what); at >= 0; at = piece.indexOf(what, at + 1)) {
    const spoilt = at + what.length + 20;
    if (spoilt < piece.length) piece[spoilt]! ^= 0x55;
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends bytes and waits until the server has nothing more to say about them. */
function sendOnce(port: number, all: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject).on('data', () => undefined);
    socket.on('close', () => resolve());
    // Servers answer in order: when nothing more comes, all of it was carried out.
    socket.setTimeout(300, () => socket.destroy());
    socket.write(all);
  });
}

/** Requests that are kept for `repeat`. */
const maxKept = 64 * 1024 * 1024;

/**
 * Starts a proxy in front of a port of 127.0.0.1.
 *
 * @param options.port of the proxy; a free one by default
 */
export async function startProxy(port: number, options: { port?: number } = {}): Promise<Proxy> {
  let faults: Faults = {};
  let target = port;
  let accepted = 0;
  let requestBytes = 0;
  const kept: { at: number; connection: number; piece: Buffer }[] = [];
  const open = new Map<Socket, { server: Socket; requests: Line }>();

  const keep = (connection: number, piece: Buffer): void => {
    kept.push({ at: requestBytes, connection, piece });
    requestBytes += piece.length;
    while (kept.length > 1 && requestBytes - kept[0]!.at > maxKept) kept.shift();
  };
  const cut = (socket: Socket): void => {
    const connection = open.get(socket);
    open.delete(socket);
    socket.resetAndDestroy();
    connection?.server.destroy();
  };

  const listener: Server = createServer({ noDelay: true }, (socket) => {
    const connection = ++accepted;
    if (faults.refuse) {
      socket.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const requests = new Line(
      'requests',
      server,
      () => faults,
      () => cut(socket),
    );
    const answers = new Line(
      'answers',
      socket,
      () => faults,
      () => cut(socket),
    );
    open.set(socket, { server, requests });
    const pump = (from: Socket, to: Socket, line: Line, seen?: (piece: Buffer) => void): void => {
      from.on('data', (piece: Buffer) => {
        seen?.(piece);
        from.pause();
        void line.send(piece).then(() => from.resume());
      });
      from.on('end', () => void line.send(Buffer.alloc(0)).then(() => to.end()));
      from.on('error', () => cut(socket));
    };
    pump(socket, server, requests, (piece) => keep(connection, piece));
    pump(server, socket, answers);
    socket.on('close', () => {
      open.delete(socket);
      server.destroy();
    });
    server.on('close', () => socket.end());
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  const cutAll = (): void => {
    for (const socket of [...open.keys()]) cut(socket);
  };
  return {
    port: (listener.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get requestBytes() {
      return requestBytes;
    },
    behave: (next) => {
      faults = next;
      for (const { requests } of open.values()) requests.restart();
      if (next.refuse) cutAll();
    },
    cut: cutAll,
    aim: (next) => {
      target = next;
      cutAll();
    },
    repeat: async (from, to = requestBytes) => {
      const again = new Map<number, Buffer[]>();
      for (const { at, connection, piece } of kept)
        if (at >= from && at < to) again.set(connection, [...(again.get(connection) ?? []), piece]);
      for (const pieces of again.values()) await sendOnce(target, Buffer.concat(pieces));
    },
    stop: async () => {
      cutAll();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
