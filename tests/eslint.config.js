// What tsc does not see. Formatting is no business of it.

const rules = {
  'array-callback-return': 'error',
  'eqeqeq': 'error',
  'no-alert': 'error',
  'no-console': 'error',
  'no-constant-condition': ['error', { checkLoops: false }],
  'no-empty': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-loss-of-precision': 'error',
  'no-new-func': 'error',
  'no-promise-executor-return': ['error', { allowVoid: true }],
  'no-self-compare': 'error',
  'no-shadow': ['error', { builtinGlobals: false }],
  'no-template-curly-in-string': 'error',
  'no-throw-literal': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unreachable-loop': 'error',
  'no-unused-expressions': 'error',
  'no-unused-vars': ['error', { args: 'all', argsIgnorePattern: '^_' }],
  'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
  'no-useless-return': 'error',
  'no-var': 'error',
  'no-warning-comments': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'require-atomic-updates': 'off',
  'semi': 'off',
};

// Names, documentation and values from a file are text, never markup.
const MARKUP = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'createContextualFragment', 'write', 'writeln', 'parseFromString', 'setHTMLUnsafe'];

export default [
  { ignores: ['**/node_modules/**', 'tests/bench/work/**', 'static/samples/**'] },
  {
    files: ['static/**/*.js', 'tests/**/*.{js,mjs}'],
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules,
  },
  {
    files: ['static/**/*.js'],
    rules: {
      'no-restricted-properties': ['error', ...MARKUP.map((property) => ({ property, message: 'Text from a file is never markup.' }))],
    },
  },
  {
    files: ['tests/**/*.{js,mjs}'],
    rules: { 'no-console': 'off' },
  },
];
