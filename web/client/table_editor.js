// The decision table editor: dmn-js on one table, in Chinese.
import DmnModeler from 'dmn-js/lib/Modeler';
import { localise } from './designer/localise.js';
import { tables as words } from './designer/words.js';
import { tell, workspace } from './designer/workspace.js';

const box = document.getElementById('designer');
const modeler = new DmnModeler({ container: '#table-editor' });
window.gridflowTableEditor = modeler;

const desk = workspace({
  box,
  begun: async () => JSON.parse(document.getElementById('source').textContent),
  read: async () => (await modeler.saveXML({ format: true })).xml,
  load: (kept) => modeler.importXML(kept),
  jump: (id) => {
    const view = modeler.getViews().find((each) => each.element.id === id);
    if (view) modeler.open(view);
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
    const table = modeler.getViews().find((each) => each.type === 'decisionTable');
    if (table) await modeler.open(table);
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
