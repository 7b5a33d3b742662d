import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import rxjsX from 'eslint-plugin-rxjs-x';

/** Platform-dependent functions: their last bit differs between processors and versions, and replay must be exact. */
const inexact = [
  'log',
  'log2',
  'log10',
  'log1p',
  'exp',
  'expm1',
  'pow',
  'sin',
  'cos',
  'tan',
  'atan',
  'atan2',
  'sinh',
  'cosh',
  'tanh',
  'cbrt',
  'hypot',
  'random',
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.cache/', '**/*.cjs'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked, rxjsX.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // An index within bounds is asserted: a branch for each access would cost time and could never be taken.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/prefer-literal-enum-member': ['error', { allowBitwiseExpressions: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['models/**/*.ts', 'formats/**/*.ts', 'operators/**/*.ts', 'records/**/*.ts', 'topologies/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...inexact.map((property) => ({
          object: 'Math',
          property,
          message: 'Not the same bits everywhere: use models/exact.',
        })),
        { object: 'Date', property: 'now', message: 'Event time only.' },
      ],
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval'],
    },
  },
  {
    // commander hands options over untyped: each command declares what it takes.
    files: ['cli/main.ts'],
    rules: { '@typescript-eslint/no-unsafe-argument': 'off' },
  },
  {
    // A value of others in a printed line: `line` keeps it on its line, and shows what moves the cursor.
    files: ['cli/commands/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...["[callee.object.name='console']", "[callee.name='print']"].map((callee) => ({
          selector: `CallExpression${callee} TemplateLiteral[expressions.length>0]:not(TaggedTemplateExpression > TemplateLiteral)`,
          message: 'Texts of others must not look like lines of their own: print line`…` (cli/terminal/line.ts).',
        })),
      ],
    },
  },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },
  {
    files: ['**/*.mjs', 'eslint.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        setTimeout: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
);
