// The decision table editor: dmn-js on one table, in Chinese.
import DmnModeler from 'dmn-js/lib/Modeler';
import columnTypes from './designer/column_types.js';
import { localise } from './designer/localise.js';
import { tables as words } from './designer/words.js';
import { typing } from './designer/typing.js';
import { tell, workspace } from './designer/workspace.js';
import { tableTrial } from './designer/table_trial.js';

const box = document.getElementById('designer');
// So long after the last key the table has what was typed, in milliseconds.
const typed = typing(300);
const own = { additionalModules: [{ debounceInput: ['value', typed.debounce] }] };
const table = { additionalModules: [...own.additionalModules, columnTypes] };
const modeler = new DmnModeler({ container: '#table-editor', decisionTable: table, literalExpression: own, boxedExpression: own });
window.gridflowTableEditor = modeler;

async function written() {
  return (await modeler.saveXML({ format: true })).xml;
}

// Another text of the same tables, with the same one open and the caret in the same cell.
async function reload(text) {
  const open = modeler.getActiveView()?.element.id;
  const cell = document.activeElement?.closest('[data-element-id]')?.dataset.elementId;
  await modeler.importXML(text);
  const view = modeler.getViews().find((each) => each.element.id === open);
  if (view && view !== modeler.getActiveView()) await modeler.open(view);
  if (cell) document.querySelector(`#table-editor [data-element-id="${CSS.escape(cell)}"] [contenteditable]`)?.focus();
}

const desk = workspace({
  box,
  begun: async () => JSON.parse(document.getElementById('source').textContent),
  flush: typed.flush,
  read: written,
  load: reload,
  jump: (id) => {
    const view = modeler.getViews().find((each) => each.element.id === id);
    if (view) modeler.open(view);
  },
  checked: (told) => trial.show(told),
});
// What is tried is what is to be seen: with the text whose last key was just pressed.
const trial = tableTrial({
  box,
  desk,
  open: () => modeler.getActiveView()?.element.id,
  read: () => {
    typed.flush();
    return written();
  },
});

let listened;

// Each view has a command stack of its own.
function listen() {
  const bus = modeler.getActiveViewer()?.get('eventBus');
  if (bus && bus !== listened) {
    listened = bus;
    bus.on(['elements.changed', 'commandStack.changed'], desk.changed);
  }
}

async function begin() {
  try {
    await modeler.importXML(JSON.parse(document.getElementById('source').textContent));
    const first = modeler.getViews().find((each) => each.type === 'decisionTable');
    if (first) await modeler.open(first);
  } catch {
    tell('conflict', desk.words.unreadable);
    return;
  }
  localise(document.getElementById('table-editor'), words);
  modeler.on('views.changed', listen);
  listen();
  await desk.begin();
}

begin();
