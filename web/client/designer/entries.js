// Kinds of entries of the panel: a choice, a text, a check box, a sentence, a link. Each reads and writes a setting of an element.
// A kind is one component for all its entries: a panel that is drawn anew keeps the control in which somebody types.
import { CheckboxEntry, SelectEntry, TextFieldEntry, isCheckboxEntryEdited, isSelectEntryEdited, isTextFieldEntryEdited } from '@bpmn-io/properties-panel';
import { h } from '@bpmn-io/properties-panel/preact';
import { useService } from 'bpmn-js-properties-panel';

function useSetting(element, field) {
  const modeling = useService('modeling');
  const factory = useService('bpmnFactory');
  const debounce = useService('debounceInput');
  const put = (value) => {
    const changes = field.set(element, value, factory);
    const object = field.holder?.(element);
    const owner = field.owner?.(element) || element;
    if (object) modeling.updateModdleProperties(element, object, changes);
    else modeling.updateProperties(owner, changes);
  };
  return { debounce, put };
}

function Choice({ element, id, label, options, field }) {
  const { debounce, put } = useSetting(element, field);
  const value = field.get(element);
  const offered = [{ value: '', label: '（未选）' }, ...options];
  if (value && !options.some((each) => each.value === value)) offered.push({ value, label: value });
  return h(SelectEntry, { id, element, label, debounce, getValue: () => value, setValue: put, getOptions: () => offered });
}

function Text({ element, id, label, description, field }) {
  const { debounce, put } = useSetting(element, field);
  return h(TextFieldEntry, { id, element, label, description, debounce, getValue: () => field.get(element), setValue: put });
}

function Check({ element, id, label, field }) {
  const { put } = useSetting(element, field);
  return h(CheckboxEntry, { id, element, label, getValue: () => field.get(element), setValue: put });
}

function Sentence({ words }) {
  return h('div', { class: 'bio-properties-panel-entry' }, words);
}

function Link({ words, address }) {
  return h('div', { class: 'bio-properties-panel-entry' }, h('a', { href: address }, words));
}

// `field`: get(element) gives the value; set(element, value, factory) the properties that change; owner(element), where there is one, the other
// element that has them; holder(element) the object of the element that has them.
export function choice(id, label, options, field) {
  return { id, label, options, field, component: Choice, isEdited: isSelectEntryEdited };
}

export function text(id, label, field, description = '') {
  return { id, label, description, field, component: Text, isEdited: isTextFieldEntryEdited };
}

export function check(id, label, field) {
  return { id, label, field, component: Check, isEdited: isCheckboxEntryEdited };
}

export function sentence(id, words) {
  return { id, words, component: Sentence };
}

export function link(id, words, address) {
  return { id, words, address, component: Link };
}
