// A condition that the panel can show as choices: one field, how it is compared, and with what. Anything else is typed as it is.

// Kind of a field → how its answer can be compared: operator and the words for it.
export const OPERATORS = {
  choice: { '==': '是', '!=': '不是' },
  number: { '>=': '不小于', '>': '大于', '<=': '不大于', '<': '小于', '==': '等于', '!=': '不等于' },
  day: { '>=': '不早于', '>': '晚于', '<=': '不晚于', '<': '早于', '==': '是', '!=': '不是' },
  several: { in: '选了', 'not in': '没有选' },
  truth: { yes: '已勾选', no: '未勾选' },
  outcome: { yes: '通过', no: '没有通过' },
  answer: { yes: '是', no: '否' },
};

const FORMS = [
  [/^\s*([A-Za-z_]\w*)\s*(==|!=|>=|<=|>|<)\s*"([^"]*)"\s*$/, ['choice', 'day'], (found) => [found[1], found[2], found[3]]],
  [/^\s*([A-Za-z_]\w*)\s*(==|!=|>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*$/, ['number'], (found) => [found[1], found[2], found[3]]],
  [/^\s*"([^"]*)"\s+(in|not\s+in)\s+([A-Za-z_]\w*)\s*$/, ['several'], (found) => [found[3], found[2].replace(/\s+/, ' '), found[1]]],
  [/^\s*(not\s+)?([A-Za-z_]\w*)\s*$/, ['truth', 'outcome', 'answer'], (found) => [found[2], found[1] ? 'no' : 'yes', '']],
];

/** Whether the answer is compared with nothing else: a check box, how several decided together, or what a decision table answers. */
export const yesOrNo = (field) => ['truth', 'outcome', 'answer'].includes(field.kind);

// {field, operator, value} of a condition over one of the fields; null for any other text.
export function read(text, fields) {
  for (const [pattern, kinds, parts] of FORMS) {
    const found = pattern.exec(text || '');
    if (!found) continue;
    const [key, operator, value] = parts(found);
    const field = fields.find((each) => each.key === key && kinds.includes(each.kind));
    if (field && OPERATORS[field.kind][operator]) return { field, operator, value };
  }
  return null;
}

// The condition as text; null for a value that the kind cannot have.
export function write(field, operator, value) {
  if (yesOrNo(field)) return operator === 'no' ? `not ${field.key}` : field.key;
  if (field.kind === 'several') return `"${plain(value)}" ${operator} ${field.key}`;
  if (field.kind === 'number') return digits(value) === null ? null : `${field.key} ${operator} ${digits(value)}`;
  if (field.kind === 'day') return day(value) === null ? null : `${field.key} ${operator} "${day(value)}"`;
  return `${field.key} ${operator} "${plain(value)}"`;
}

// The condition with which a field begins.
export function first(field, today) {
  const operator = Object.keys(OPERATORS[field.kind])[0];
  return write(field, operator, { day: today, number: '0' }[field.kind] || field.options[0]?.value || '');
}

// The condition as a sentence.
export function told({ field, operator, value }) {
  if (yesOrNo(field)) return `“${field.name}”${OPERATORS[field.kind][operator]}`;
  const label = field.options.find((each) => each.value === value)?.label || value;
  const unit = field.kind === 'number' && field.unit ? ` ${field.unit}` : '';
  const shown = field.kind === 'number' ? ` ${label}${unit}` : `“${label}”`;
  return `“${field.name}”${OPERATORS[field.kind][operator]}${shown}`;
}

const JOINTS = [['or', '，或者'], ['and', '，并且']];

// The parts between the words `joint` that stand in no quotation and in no bracket; null for brackets that do not close.
function split(text, joint) {
  const parts = [''];
  let depth = 0;
  for (const piece of text.split(new RegExp(`("[^"]*"|[()]|\\b${joint}\\b)`))) {
    depth += { '(': 1, ')': -1 }[piece] || 0;
    if (depth < 0) return null;
    if (piece === joint && !depth) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return depth ? null : parts;
}

function inBrackets(text) {
  const inner = /^\s*\((.*)\)\s*$/s.exec(text)?.[1];
  return inner !== undefined && split(inner, 'or') ? inner : null;
}

// The condition as words and whether they hold several comparisons; null where a part is no comparison of a field.
function sentence(text, fields) {
  const one = read(text, fields);
  if (one) return { words: told(one), several: false };
  for (const [joint, word] of JOINTS) {
    const parts = split(text, joint);
    if (!parts) return null;
    if (parts.length === 1) continue;
    const sentences = parts.map((part) => sentence(part, fields));
    if (!sentences.every(Boolean)) return null;
    return { words: sentences.map(({ words, several }) => (several ? `（${words}）` : words)).join(word), several: true };
  }
  const inner = inBrackets(text);
  return inner === null ? null : sentence(inner, fields);
}

// The condition in words, comparisons that are joined and stand in brackets too; any other text as it is.
export function inWords(text, fields) {
  return sentence(text || '', fields)?.words ?? text ?? '';
}

// A number as it may be typed here: 1,000 and full-width digits too.
function digits(value) {
  const text = String(value).normalize('NFKC').replace(/[,\s]/g, '');
  return /^-?\d+(\.\d+)?$/.test(text) ? text : null;
}

// A day with its zeros, since texts are compared: 2026-1-5 and 2026年1月5日 too.
function day(value) {
  const found = /^\s*(\d{4})\D(\d{1,2})\D(\d{1,2})\D?\s*$/.exec(String(value).normalize('NFKC'));
  return found ? `${found[1]}-${found[2].padStart(2, '0')}-${found[3].padStart(2, '0')}` : null;
}

function plain(value) {
  return String(value).replaceAll('"', '').replaceAll('\\', '');
}
