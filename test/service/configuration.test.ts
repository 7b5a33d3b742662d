import { parseConfig } from '../../config/load.js';
import { ConfigError } from '../../config/problem.js';
import { configurationChecks } from '../../service/configuration.js';

const minimal = 'sources:\n  - type: file\n    path: app.log\n';

/** The problems that every command reports, as people see them. */
function problems(text: string): string {
  try {
    parseConfig(text, 'c.yaml', {}, configurationChecks);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'none';
}

test('an address that would be refused at every call is refused at once, with what to do', () => {
  const at = (where: string): string => problems(`${minimal}${where}`);
  const hook = (url: string, more = ''): string =>
    at(`respond:\n  webhooks: [{ name: a, url: '${url}', body: alertmanager }]\n${more}`);
  expect(hook('http://10.1.2.3/hook')).toBe(
    'c.yaml:5:30: respond.webhooks.0.url: 10.1.2.3 is a private or reserved address: list its range in respond.private to allow it',
  );
  expect(hook('http://localhost:8080/hook')).toContain('127.0.0.1 is a private');
  expect(hook('http://[fe80::1]/')).toContain('fe80::1 is a private');
  expect(hook('http://localhost:8080/hook', '  private: [127.0.0.0/8]\n')).toBe('none');
  expect(hook('http://chat.internal/hook')).toBe('none');
  expect(at("healing: { notify: [{ name: a, url: 'http://10.0.0.1/' }] }\n")).toContain('respond.private');
  expect(at("healing: { targets: [{ name: a, url: 'http://10.0.0.1/', recipe: eda }] }\n")).toContain(
    'healing.private',
  );
});
