/** Who uses the page, and what they may do. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './rows.js';

export const SessionContext = createContext<Session>({ name: '', scopes: [], csrf: '', login: false });

/** Whether who uses the page may do what a scope allows. */
export function useMay(scope: 'verdict' | 'heal' | 'admin'): boolean {
  const { scopes } = useContext(SessionContext);
  return scopes.includes(scope) || scopes.includes('admin');
}
