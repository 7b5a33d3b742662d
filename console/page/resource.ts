/** Answers of the API in a view: asked for once, again when what they list has changed, never two at a time. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, RequestRefused } from './api.js';
import { listen } from './live/live.js';

export interface Resource<T> {
  /** The last answer; it stays while the next one is on its way. */
  readonly data: T | undefined;
  readonly error: RequestRefused | undefined;
  readonly isLoading: boolean;
  /** Asks again now. */
  readonly again: () => void;
}

/** Changes that come at once are asked for together, ms. */
const restMs = 800;

export interface ResourceOptions {
  /** Changes of these ask again; none asks once. */
  readonly topics?: readonly string[];
  /** While it is true, changes wait. */
  readonly isPaused?: boolean;
}

/** @param path - undefined asks for nothing */
export function useResource<T>(
  path: string | undefined,
  { topics = [], isPaused = false }: ResourceOptions = {},
): Resource<T> {
  const [answer, setAnswer] = useState<{ path: string | undefined; data?: T; error?: RequestRefused }>({
    path: undefined,
  });
  const [turn, setTurn] = useState(0);
  const [isLoading, setLoading] = useState(false);
  const missed = useRef(false);
  const paused = useRef(isPaused);
  const names = topics.join(' ');

  useEffect(() => {
    if (path === undefined) return undefined;
    const stopping = new AbortController();
    setLoading(true);
    get<T>(path, stopping.signal)
      .then((data) => {
        if (!stopping.signal.aborted) setAnswer({ path, data });
      })
      .catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        const refused = error instanceof RequestRefused ? error : new RequestRefused(0, String(error));
        setAnswer((before) => ({
          path,
          error: refused,
          ...(before.path === path && before.data ? { data: before.data } : {}),
        }));
      })
      .finally(() => {
        if (!stopping.signal.aborted) setLoading(false);
      });
    return () => stopping.abort();
  }, [path, turn]);

  useEffect(() => {
    paused.current = isPaused;
    if (isPaused || !missed.current) return;
    missed.current = false;
    setTurn((n) => n + 1);
  }, [isPaused]);

  useEffect(() => {
    if (names === '') return undefined;
    const wanted = new Set(names.split(' '));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      timer = undefined;
      if (paused.current || document.visibilityState === 'hidden') missed.current = true;
      else setTurn((n) => n + 1);
    };
    const seen = (): void => {
      if (document.visibilityState === 'hidden' || !missed.current || paused.current) return;
      missed.current = false;
      setTurn((n) => n + 1);
    };
    document.addEventListener('visibilitychange', seen);
    const leave = listen(({ topics: changed = [] }) => {
      if (changed.some((topic) => topic === '*' || wanted.has(topic))) timer ??= setTimeout(refresh, restMs);
    });
    return () => {
      leave();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [names]);

  const isOwn = answer.path === path || path === undefined;
  return {
    data: answer.data,
    error: isOwn ? answer.error : undefined,
    isLoading: isLoading || !isOwn,
    again: () => setTurn((n) => n + 1),
  };
}
