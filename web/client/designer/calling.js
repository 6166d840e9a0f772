// What the editor's words are in Chinese, and what a designer calls an element.

/** A function (text, gaps) → the first dictionary's word, with `{gap}` filled in; the text itself where none knows it. */
export function translator(...dictionaries) {
  return (text, gaps = {}) => {
    const known = dictionaries.find((each) => typeof each[text] === 'string' && each[text]);
    return (known ? known[text] : text).replace(/{([^}]+)}/g, (_, key) => gaps[key] ?? `{${key}}`);
  };
}

/** An element as a designer calls it: its name, else what it is and what comes before it. */
export function called(element, translate) {
  const object = element?.businessObject;
  if (!object) return '';
  if (object.name) return `「${object.name}」`;
  const kind = translate(object.$type.replace('bpmn:', '').replace(/(\B[A-Z])/g, ' $1'));
  const before = element.incoming?.map((flow) => flow.source.businessObject.name).find(Boolean);
  return before ? `「${before}」之后的${kind}` : kind;
}
