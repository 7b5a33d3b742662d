/** A real Redis that keeps every acknowledged write over a crash. */
import { type Service, startService } from './service.js';

/** Starts one; `url` is redis://127.0.0.1:PORT. */
export const startRedis = (): Promise<Service> => startService('redis');
