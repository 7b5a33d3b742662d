import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { alertDocument, alertDocumentVersion } from '../../../connectors/kafka/alert-document.js';
import { exampleAlert } from '../../../connectors/webhook/example.js';
import type { Alert } from '../../../records/alert.js';
import { entity } from '../../../records/entity.js';
import { anAlert } from '../../builders/alert.js';

const schema = JSON.parse(readFileSync(join(process.cwd(), 'docs/schemas/alert.json'), 'utf8')) as {
  properties: { version: { const: number } };
};
const valid = addFormats.default(new Ajv2020({ allErrors: true })).compile(schema);

const variants: readonly [string, Alert][] = [
  ['everything', exampleAlert],
  ['a resolved one', { ...exampleAlert, status: 'resolved' }],
  ['a bare one', anAlert({ annotations: {}, changes: [] })],
  ['a session class', anAlert({ key: 'blk_1', entity: entity('session', { service: 'blocks' }).key })],
  ['a muted series', anAlert({ muted: 'backup', entity: entity('series', { name: 'load' }).key })],
];

test.each(variants)('%s is as the published schema says', (_, alert) => {
  const document: unknown = JSON.parse(JSON.stringify(alertDocument(alert, { runbook: 'https://wiki.example/cart' })));
  valid(document);
  expect(valid.errors).toBeNull();
});

test('the schema refuses what is not in it, and names this version', () => {
  expect(schema.properties.version.const).toBe(alertDocumentVersion);
  expect(valid({ ...alertDocument(exampleAlert, {}), surprise: 1 })).toBe(false);
  expect(valid({ ...alertDocument(exampleAlert, {}), severity: 'bad' })).toBe(false);
});
