// What the editor's words are in Chinese, and what a designer calls an element.

// The editor's versions write one name as `Event Sub Process` and as `Event sub-process`.
function fold(text) {
  return text.toLowerCase().replaceAll('-', ' ');
}

/** A function (text, gaps) → the first dictionary's word, with `{gap}` filled in; the text itself where none knows it. */
export function translator(...dictionaries) {
  const folded = dictionaries.map((each) => Object.fromEntries(Object.entries(each).map(([key, word]) => [fold(key), word])));
  return (text, gaps = {}) => {
    const exact = (place) => typeof dictionaries[place][text] === 'string' && dictionaries[place][text];
    const alike = (place) => typeof folded[place][fold(text)] === 'string' && folded[place][fold(text)];
    const words = dictionaries.map((_, place) => exact(place) || alike(place));
    return (words.find(Boolean) || text).replace(/{([^}]+)}/g, (_, key) => gaps[key] ?? `{${key}}`);
  };
}

/** An element as a designer calls it: its name, else what it is and what comes before it. */
export function called(element, translate) {
  const object = element?.businessObject;
  if (!object) return '';
  if (object.name) return `“${object.name}”`;
  const next = element.target?.businessObject?.name;
  if (next) return `流转线“→ ${next}”`;
  const kind = translate(object.$type.replace('bpmn:', '').replace(/(\B[A-Z])/g, ' $1'));
  const host = object.attachedToRef?.name;
  if (host) return `“${host}”边上的${kind}`;
  const before = element.incoming?.map((flow) => flow.source.businessObject.name).find(Boolean);
  return before ? `“${before}”之后的${kind}` : kind;
}
