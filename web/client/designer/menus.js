// The editor's menus offer only what the checks accept: which kinds of elements and events those are comes from the checks themselves.
import * as replaceable from 'bpmn-js/lib/features/replace/ReplaceOptions';

const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);

/** Whether the checks accept an element of such a kind: `type` such as bpmn:StartEvent, `event` such as bpmn:TimerEventDefinition or nothing.
 * `rules` is { refused: [tag], places: { tag: [kind of event] }, starts: [kind of event] }; `top`: it stands in no subprocess. */
export function accepted(rules, { type, event }, top = false) {
  const name = lower(type.replace('bpmn:', ''));
  if (rules.refused.includes(name)) return false;
  if (!event) return true;
  const kind = lower(event.replace(/^bpmn:|EventDefinition$/g, ''));
  const kinds = name === 'startEvent' && top ? rules.starts : rules.places[name];
  return !kinds || kinds.includes(kind);
}

// What an entry of the menu would make, by the entry's name.
const MADE = new Map(Object.values(replaceable).flatMap((options) => {
  const listed = Array.isArray(options) ? options : Object.values(options).flat();
  return listed.map((each) => [each.actionName, { type: each.target?.type, event: each.target?.eventDefinitionType }]);
}));

export function kept(rules, entries, top) {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => {
    const made = MADE.get(name);
    return !made?.type || accepted(rules, made, top);
  }));
}

export default function menus(rules) {
  function Menus(popupMenu) {
    const provider = {
      getPopupMenuEntries: (element) => (entries) => kept(rules, entries, element?.businessObject?.$parent?.$type === 'bpmn:Process'),
    };
    for (const menu of ['bpmn-replace', 'bpmn-append', 'bpmn-create']) popupMenu.registerProvider(menu, 500, provider);
  }
  Menus.$inject = ['popupMenu'];
  return { __init__: ['gridflowMenus'], gridflowMenus: ['type', Menus] };
}
