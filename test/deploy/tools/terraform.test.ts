/** The modules for OpenTofu and Terraform, as far as they can be held without providers, which no package manager has. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseConfig } from '../../../config/load.js';
import { describeWith, ran } from './tools.js';

const modules = 'deploy/terraform';
const folder = mkdtempSync(join(tmpdir(), 'tocsin-tofu-'));
const machine = join(folder, 'machine');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith(['tofu'])('the modules', () => {
  beforeAll(() => {
    cpSync(join(modules, 'machine'), machine, { recursive: true });
    expect(ran('tofu', ['init', '-no-color'], { cwd: machine })).toMatchObject({ status: 0 });
  });

  test('are formatted, and so are HCL', () => {
    const { status, said } = ran('tofu', ['fmt', '-check', '-diff', '-recursive', modules]);
    expect([status, said]).toEqual([0, '']);
  });

  test('the one for a machine is valid, and its own tests pass', () => {
    expect(ran('tofu', ['validate', '-no-color'], { cwd: machine })).toMatchObject({ status: 0 });
    const { status, said } = ran('tofu', ['test', '-no-color'], { cwd: machine });
    expect([status, said]).toEqual([0, expect.stringContaining('3 passed, 0 failed')]);
  });

  test('what it makes is cloud-init that starts our unit with a configuration that tocsin takes', () => {
    const values = {
      package_url: 'https://files.example.com/tocsin-cli-0.1.0.tgz',
      package_sha256: 'a'.repeat(64),
      unit: readFileSync('deploy/systemd/tocsin.service', 'utf8'),
      config: { sources: [{ type: 'file', path: '/var/log/app.log' }], state: { dir: '/var/lib/tocsin/state' } },
    };
    writeFileSync(join(machine, 'terraform.tfvars.json'), JSON.stringify(values));
    expect(ran('tofu', ['apply', '-auto-approve', '-no-color'], { cwd: machine })).toMatchObject({ status: 0 });
    const { write_files: files, runcmd } = parse(
      ran('tofu', ['output', '-raw', 'user_data'], { cwd: machine }).out,
    ) as { write_files: { path: string; content: string }[]; runcmd: [[string, string, string]] };
    const written = Object.fromEntries(files.map(({ path, content }) => [path, content]));
    expect(written['/etc/systemd/system/tocsin.service']).toBe(values.unit);
    expect(() => parseConfig(written['/etc/tocsin/tocsin.yaml'], 'tocsin.yaml', {})).not.toThrow();
    // The program of the unit is where the package is installed.
    const [, program] = /^ExecStart=(\S+)/m.exec(values.unit)!;
    expect(runcmd[0][2]).toContain(`${program} lint`);
    expect(runcmd[0][2]).toContain('--prefix /opt/tocsin --ignore-scripts');
  });
});
