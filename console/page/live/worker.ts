/** Holds the one stream of a browser, for all its tabs: browsers allow few connections to one address. */
import type { LiveMessage } from './live.js';

interface WorkerScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const scope = self as unknown as WorkerScope;
const ports = new Set<MessagePort>();
let source: EventSource | undefined;
let state: LiveMessage['state'] = 'closed';

const say = (message: LiveMessage): void => {
  for (const port of ports) port.postMessage(message);
};

function open(): void {
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource('api/v1/stream');
  source.onopen = () => {
    // What came between is brought by Last-Event-ID.
    say({ state: (state = 'open') });
  };
  source.onerror = () => {
    say({ state: (state = 'closed') });
    // A refusal ends it for good, say after a logout: tried again when a tab asks.
    if (source?.readyState === EventSource.CLOSED) setTimeout(open, 5000);
  };
  source.addEventListener('change', ({ data }) => {
    const { topics } = JSON.parse(data as string) as { topics: string[] };
    say({ state, topics });
  });
  source.addEventListener('resync', () => say({ state, topics: ['*'] }));
}

scope.onconnect = ({ ports: [port] }) => {
  ports.add(port!);
  port!.onmessage = ({ data }: MessageEvent<string>) => {
    if (data === 'leave') ports.delete(port!);
    if (data === 'open') open();
    if (ports.size > 0) return;
    source?.close();
    source = undefined;
  };
  port!.postMessage({ state } satisfies LiveMessage);
  open();
};
