/** What has changed on the server, as the one stream of this browser says it. */
export interface LiveMessage {
  readonly state: 'open' | 'closed';
  /** `*` is all. */
  readonly topics?: readonly string[];
}

type MessageListener = (message: LiveMessage) => void;

const listeners = new Set<MessageListener>();
let port: MessagePort | undefined;
let own: EventSource | undefined;
let state: LiveMessage['state'] = 'closed';
let wasOpen = false;

function heard(message: LiveMessage): void {
  const isBack = message.state === 'open' && state === 'closed' && wasOpen;
  state = message.state;
  if (state === 'open') wasOpen = true;
  // After a break all is asked for once: another server may answer now.
  const told = isBack ? { state, topics: ['*'] } : message;
  for (const listener of listeners) listener(told);
}

/** Begins to listen, again after a login. */
export function connect(): void {
  if (port) {
    port.postMessage('open');
    return;
  }
  if (typeof SharedWorker === 'function') {
    port = new SharedWorker('live.js', { name: 'tocsin' }).port;
    port.onmessage = ({ data }: MessageEvent<LiveMessage>) => heard(data);
    addEventListener('pagehide', () => port?.postMessage('leave'));
    // A page that comes back from the history has left.
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) location.reload();
    });
    return;
  }
  own?.close();
  own = new EventSource('api/v1/stream');
  own.onopen = () => heard({ state: 'open' });
  own.onerror = () => heard({ state: 'closed' });
  own.addEventListener('change', ({ data }) =>
    heard({ state: 'open', topics: (JSON.parse(data as string) as { topics: string[] }).topics }),
  );
  own.addEventListener('resync', () => heard({ state: 'open', topics: ['*'] }));
}

/** Calls on every message; gives what ends it. */
export function listen(listener: MessageListener): () => void {
  listeners.add(listener);
  listener({ state });
  return () => void listeners.delete(listener);
}
