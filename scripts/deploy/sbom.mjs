// The bill of materials of the locked packages without those for development, CycloneDX, on standard output. `npm sbom` puts a
// random number and the time into it: without them the same packages give the same bytes.
import { spawnSync } from 'node:child_process';

const { stdout, status, stderr } = spawnSync(
  'npm',
  ['sbom', '--package-lock-only', '--omit=dev', '--sbom-format=cyclonedx'],
  {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  },
);
if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
const bill = JSON.parse(stdout);
delete bill.serialNumber;
delete bill.metadata.timestamp;
console.log(JSON.stringify(bill));
