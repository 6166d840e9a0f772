// Kinds of entries of the panel: a choice, a text, a sentence, a link. Each reads and writes a setting of an element.
import { SelectEntry, TextFieldEntry, isSelectEntryEdited, isTextFieldEntryEdited } from '@bpmn-io/properties-panel';
import { h } from '@bpmn-io/properties-panel/preact';
import { useService } from 'bpmn-js-properties-panel';

function useSetting(element, field) {
  const modeling = useService('modeling');
  const factory = useService('bpmnFactory');
  const debounce = useService('debounceInput');
  return { debounce, put: (value) => modeling.updateProperties(element, field.set(element, value, factory)) };
}

export function choice(id, label, options, field) {
  function Component({ element }) {
    const { debounce, put } = useSetting(element, field);
    const value = field.get(element);
    const offered = [{ value: '', label: '（未选）' }, ...options];
    if (value && !options.some((each) => each.value === value)) offered.push({ value, label: value });
    return h(SelectEntry, { id, element, label, debounce, getValue: () => value, setValue: put, getOptions: () => offered });
  }
  return { id, component: Component, isEdited: isSelectEntryEdited };
}

export function text(id, label, field, description = '') {
  function Component({ element }) {
    const { debounce, put } = useSetting(element, field);
    return h(TextFieldEntry, { id, element, label, description, debounce, getValue: () => field.get(element), setValue: put });
  }
  return { id, component: Component, isEdited: isTextFieldEntryEdited };
}

export function sentence(id, words) {
  return { id, component: () => h('div', { class: 'bio-properties-panel-entry' }, words) };
}

export function link(id, label, address) {
  return { id, component: () => h('div', { class: 'bio-properties-panel-entry' }, h('a', { href: address }, label)) };
}
