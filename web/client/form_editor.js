// The form editor: form-js with the components that the server honours, and beside it the form as the server draws it.
import { FormEditor } from '@bpmn-io/form-js-editor';
import { Form } from '@bpmn-io/form-js-viewer';
import { h, options } from 'preact';
import { formText } from './form_text.js';
import { calendar, form as words } from './designer/words.js';
import { localise } from './designer/localise.js';
import { followAtOnce, leaveField, typing } from './designer/typing.js';
import { tell, workspace } from './designer/workspace.js';

const box = document.getElementById('designer');
const choices = JSON.parse(document.getElementById('choices').textContent);
// So long after the last key the form has what was typed, in milliseconds.
const typed = typing(300);
followAtOnce(options);

// The editor gives the focus to the chosen component each time that it draws it, also from under who types in the panel.
const { focus } = HTMLElement.prototype;
HTMLElement.prototype.focus = function focusUnlessTyping(...given) {
  const taken = document.activeElement?.closest('.fjs-properties-container') && this.closest('.fjs-form-container');
  if (!taken) focus.apply(this, given);
};

function property(field, name) {
  return field.properties?.[name] || '';
}

// One component for all choices: a panel that is drawn anew keeps the control that has the focus.
function Choice({ field, editField, id, label, name, offered }) {
  const value = property(field, name);
  const change = (event) => editField(field, ['properties'], { ...field.properties, [name]: event.target.value || undefined });
  return h('div', { class: 'bio-properties-panel-entry', 'data-entry-id': id },
    h('div', { class: 'bio-properties-panel-select' },
      h('label', { class: 'bio-properties-panel-label', for: `gf-${id}` }, label),
      h('select', { id: `gf-${id}`, class: 'bio-properties-panel-input', value, onChange: change },
        [{ value: '', label: '（未选）' }, ...offered].map((each) => h('option', { value: each.value, selected: each.value === value }, each.label)))));
}

// The way to the article that is the field's ground, and to all else that cites it.
function ArticleLink({ field }) {
  const ground = property(field, 'citation');
  if (!ground || ground === '默认') return null;
  return h('div', { class: 'bio-properties-panel-entry' }, h('a', { href: `${choices.article}/${encodeURIComponent(ground)}` }, `看${ground}`));
}

// A choice that is kept among the component's custom properties.
function choice(id, label, name, offered) {
  return { id, label, name, offered, component: Choice };
}

// Settings that the server refuses or does not read.
const REFUSED = new Set(['disabled', 'readonly', 'versionTag', 'searchable', 'showOutline', 'time-format']);

function Provider(propertiesPanel) {
  propertiesPanel.registerProvider(this, 400);
}
Provider.$inject = ['propertiesPanel'];
Provider.prototype.getGroups = (field, editField) => (groups) => {
  for (const group of groups) if (group.entries) group.entries = group.entries.filter((each) => !REFUSED.has(each.id));
  if (field.type === 'default') {
    const rule = { ...choice('rule', '规则', 'rule', choices.rules), field, editField };
    return [groups[0], { id: 'gridflow', label: '网格流程', shouldOpen: true, entries: [rule] }, ...groups.slice(1)].filter(Boolean);
  }
  const entries = [choice('ground', '依据', 'citation', choices.articles), { id: 'ground-open', component: ArticleLink }];
  if (['select', 'radio', 'checklist', 'taglist'].includes(field.type)) {
    entries.push(choice('source', '选项来自登记册', 'options-source', choices.sources));
  }
  if (field.type === 'group') entries.push(choice('questions', '逐条提问的清单', 'questions-source', choices.questions));
  const own = { id: 'gridflow', label: '网格流程', shouldOpen: true, entries: entries.map((each) => ({ ...each, field, editField })) };
  if (groups[0]) groups[0].shouldOpen = true;
  return [groups[0], own, ...groups.slice(1)].filter(Boolean);
};

// A new component begins with a Chinese name and choice.
function nameInChinese(config) {
  const { create } = config;
  if (!create) return;
  config.create = (options = {}, ...rest) => {
    const made = create(options, ...rest);
    for (const name of REFUSED) if (options[name] === undefined) delete made[name];
    for (const name of ['label', 'dateLabel', 'timeLabel', 'text']) {
      if (made[name] && options[name] === undefined) made[name] = words[made[name]] || made[name];
    }
    if (made.values?.length && options.values === undefined) made.values = [{ label: '选项一', value: 'option1' }];
    return made;
  };
}

// What the server would refuse is not offered.
function Trim(formFields) {
  for (const type of Object.keys(formFields._formFields)) {
    if (type !== 'default' && !choices.components.includes(type)) delete formFields._formFields[type];
    else nameInChinese(formFields._formFields[type].config);
  }
}
Trim.$inject = ['formFields'];

const editor = new FormEditor({
  container: document.getElementById('form-editor'),
  additionalModules: [{ __init__: ['gridflowProvider', 'gridflowTrim'], gridflowProvider: ['type', Provider], gridflowTrim: ['type', Trim], debounce: ['value', typed.debounce] }],
});
window.gridflowFormEditor = editor;
window.gridflowFormViewer = Form;
// The calendar reaches every date field, also those that are drawn later.
window.flatpickr.localize(calendar);
window.flatpickr.setDefaults({ ariaDateFormat: 'Y-m-d' });

// Another text of the same form, with the same field chosen.
async function reload(text) {
  const chosen = editor.get('selection').get()?.id;
  const goBack = leaveField(box);
  await editor.importSchema(JSON.parse(text));
  const field = chosen && editor.get('formFieldRegistry').get(chosen);
  if (field) editor.get('selection').set(field);
  await goBack();
}

const preview = document.getElementById('preview');
preview.addEventListener('submit', (event) => event.preventDefault());
const desk = workspace({
  box,
  begun: async () => JSON.parse(document.getElementById('source').textContent),
  read: async () => formText(editor.getSchema()),
  flush: typed.flush,
  load: reload,
  jump: (id) => { window.location = `${box.dataset.diagram}#${id}`; },
  checked: (told) => {
    if (told.preview === undefined) return;
    preview.innerHTML = told.preview;
    // Whoever follows the form's conditions looks at it anew.
    preview.dispatchEvent(new Event('change'));
  },
});

// The Delete key takes the chosen component away, as its button does; in a field it deletes a letter.
function deleteChosen(event) {
  if (event.key !== 'Delete' || event.target.closest('input, textarea, select, [contenteditable=true], .cm-editor')) return;
  const field = editor.get('selection').get();
  const parent = field && editor.get('formFieldRegistry').get(field._parent);
  if (!parent) return;
  event.preventDefault();
  editor.get('modeling').removeFormField(field, parent, parent.components.indexOf(field));
}

// A component of the palette that is pressed, by mouse or keyboard, comes after the chosen one, or into the chosen group, and is chosen itself.
function addPressed(event) {
  const entry = event.target.closest('.fjs-palette-field');
  if (!entry) return;
  event.stopPropagation();
  const registry = editor.get('formFieldRegistry');
  const chosen = editor.get('selection').get();
  const form = registry.getForm();
  const whole = chosen?.components ? chosen : registry.get(chosen?._parent) || form;
  const place = whole === chosen ? whole.components.length : whole.components.indexOf(chosen) + 1 || whole.components.length;
  editor.get('modeling').addFormField({ type: entry.dataset.fieldType, _parent: whole.id }, whole, place);
}

// The palette's own answer to the Enter key would add a second one.
function leaveToPress(event) {
  if (event.key === 'Enter' && event.target.closest('.fjs-palette-field')) event.stopPropagation();
}

async function begin() {
  try {
    await editor.importSchema(JSON.parse(JSON.parse(document.getElementById('source').textContent)));
  } catch {
    tell('conflict', desk.words.unreadable);
    return;
  }
  localise(document.getElementById('form-editor'), words);
  editor.on('changed', desk.changed);
  document.addEventListener('keydown', deleteChosen);
  box.addEventListener('click', addPressed, true);
  box.addEventListener('keydown', leaveToPress, true);
  await desk.begin();
}

begin();
