import { MemoryBackend } from '../../runtime/memory-backend.js';
import { storeConformance } from '../conformance/store.js';

storeConformance('memory', {
  create: async () => new MemoryBackend(),
  reopen: async (backend) => backend,
  destroy: (backend) => backend.close(),
});
