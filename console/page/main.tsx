/** The console: who uses it, where they are, and the view of it. */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, RequestRefused, remove, setCsrf } from './api.js';
import { connect, listen } from './live/live.js';
import { Help } from './parts/help.js';
import { focusFilter, useKeys } from './parts/keys.js';
import { goTo, hrefOf, usePlace, type PagePlace } from './route.js';
import type { Session } from './rows.js';
import { SessionContext } from './session.js';
import { showTextSafely } from './shown-text.js';
import { AlertDetail } from './views/alert.js';
import { Alerts } from './views/alerts.js';
import { DecisionView } from './views/decision.js';
import { EntityView } from './views/entity.js';
import { IncidentView } from './views/incident.js';
import { Login } from './views/login.js';
import { Models } from './views/models.js';
import { Overview } from './views/overview.js';
import { Pipeline } from './views/pipeline.js';
import { Whatif } from './views/whatif.js';

const views: readonly (readonly [string, string, string])[] = [
  ['', 'Overview', 'o'],
  ['alerts', 'Alerts', 'a'],
  ['whatif', 'What if', 'w'],
  ['models', 'Models', 'm'],
  ['pipeline', 'Pipeline', 'p'],
];

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

function storedTheme(): Theme {
  try {
    return themes.find((one) => one === localStorage.getItem('theme')) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event('themechange'));
    try {
      localStorage.setItem('theme', theme);
    } catch {
      // It holds for this page only.
    }
  }, [theme]);
  return [theme, () => setTheme((now) => themes[(themes.indexOf(now) + 1) % themes.length]!)];
}

function View({ place }: { place: PagePlace }) {
  const [view = '', about] = place.parts;
  if (view === '') return <Overview place={place} />;
  if (view === 'alerts') return about ? <AlertDetail id={about} key={about} /> : <Alerts place={place} />;
  if (view === 'incidents' && about) return <IncidentView id={about} key={about} />;
  if (view === 'entities' && about)
    return <EntityView entity={about} place={place} key={`${about} ${place.query.get('from') ?? ''}`} />;
  if (view === 'decisions' && about) return <DecisionView id={about} key={about} />;
  if (view === 'models') return <Models />;
  if (view === 'whatif') return <Whatif />;
  if (view === 'pipeline') return <Pipeline place={place} />;
  return <h1>There is no such view</h1>;
}

function Shell({ session, onOut }: { session: Session; onOut: () => void }) {
  const place = usePlace();
  const [isHelping, setHelping] = useState(false);
  const [isLive, setLive] = useState(false);
  const [theme, nextTheme] = useTheme();
  const main = useRef<HTMLElement>(null);
  const view = place.parts[0] ?? '';
  const where = place.parts.join('/');

  useEffect(() => connect(), []);
  useEffect(() => listen(({ state }) => setLive(state === 'open')), []);
  useEffect(() => {
    const name = views.find(([path]) => path === view)?.[1] ?? view;
    document.title = `${name} · tocsin`;
    scrollTo(0, 0);
  }, [where]);

  const go = (path: string) => (): void => goTo(hrefOf(path === '' ? [] : [path]));
  useKeys({
    '?': () => setHelping(true),
    '/': focusFilter,
    ...Object.fromEntries(views.map(([path, , key]) => [`g ${key}`, go(path)])),
  });

  return (
    <SessionContext.Provider value={session}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the view
      </a>
      <header class="top">
        <a class="mark" href="#/">
          tocsin
        </a>
        <nav aria-label="Views">
          {views.map(([path, name]) => (
            <a key={path} href={hrefOf(path === '' ? [] : [path])} aria-current={view === path ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class="tools">
          <span
            class={`live ${isLive ? 'on' : ''}`}
            title={isLive ? 'changes are shown as they come' : 'no connection to the stream of changes'}
          >
            {isLive ? 'live' : 'not live'}
          </span>
          <button type="button" onClick={nextTheme} aria-label={`Colours: ${theme}`} title={`Colours: ${theme}`}>
            {theme === 'dark' ? '◐' : theme === 'light' ? '○' : '◑'}
          </button>
          <button type="button" onClick={() => setHelping(true)} aria-label="Keys">
            ?
          </button>
          {session.login ? (
            <button
              type="button"
              onClick={() => void remove('session').finally(onOut)}
              title={`logged in as ${session.name}`}
            >
              Log out
            </button>
          ) : null}
        </span>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <View place={place} />
      </main>
      <footer class="note">
        Times are UTC. <a href="api/docs">API</a>
      </footer>
      {isHelping ? <Help onClose={() => setHelping(false)} /> : null}
    </SessionContext.Provider>
  );
}

function App() {
  const [session, setSession] = useState<Session>();
  const [why, setWhy] = useState<string>();
  const enter = (next: Session): void => {
    setCsrf(next.csrf);
    setWhy(undefined);
    setSession(next);
  };
  const ask = (): void =>
    void get<Session>('session').then(enter, (error: unknown) => {
      const refused = error instanceof RequestRefused ? error : new RequestRefused(0, String(error));
      if (refused.status === 401) setWhy(refused.message);
      else {
        setWhy(undefined);
        setTimeout(ask, 2000);
      }
    });
  useEffect(ask, []);
  if (session)
    return (
      <Shell
        session={session}
        onOut={() => {
          setSession(undefined);
          setCsrf('');
          ask();
        }}
      />
    );
  if (why !== undefined) return <Login why={why} onIn={enter} />;
  return <p class="note starting">tocsin…</p>;
}

showTextSafely();
render(<App />, document.getElementById('app')!);
