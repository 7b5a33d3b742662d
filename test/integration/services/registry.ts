/** A real schema registry with Confluent's API; what was registered is lost with the process. */
import { type Service, startService } from './service.js';

/** Starts one; `url` is the host for the client, with the path of the API. */
export const startRegistry = (): Promise<Service> => startService('registry');
