// What `./gridflow check` asks of the pages' scripts: the recommended rules, and the house's own bounds on one function.
import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['var/', 'node_modules/', 'web/static/'] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: 'module' },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      complexity: ['error', 12],
      eqeqeq: 'error',
      'max-params': ['error', 6],
      'no-nested-ternary': 'error',
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
    },
  },
  { files: ['web/client/**/*.js'], languageOptions: { globals: globals.browser } },
  { files: ['**/*.mjs', 'tests/client/*.js'], languageOptions: { globals: globals.node } },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs', globals: globals.node } },
];
