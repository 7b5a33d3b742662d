/** Trades a token for a session. */
import { useState } from 'preact/hooks';
import { post, RequestRefused } from '../api.js';
import type { Session } from '../rows.js';

export function Login({ why, onIn }: { why: string; onIn: (session: Session) => void }) {
  const [token, setToken] = useState('');
  const [trouble, setTrouble] = useState('');
  return (
    <main class="login">
      <h1>tocsin</h1>
      <p>{why}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          post<Session>('session', { token }).then(onIn, (error: unknown) =>
            setTrouble(error instanceof RequestRefused ? error.message : String(error)),
          );
        }}
      >
        <label>
          <span>Token</span>
          <input
            type="password"
            autocomplete="current-password"
            required
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        <button>Log in</button>
      </form>
      <p role="alert" class={trouble ? 'problem' : ''}>
        {trouble}
      </p>
    </main>
  );
}
