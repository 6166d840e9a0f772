// Copying from one diagram and pasting into another, also in another tab.
const PLACE = `gridflow-clipboard-${document.body.dataset.person}-`;

function Clipboard(eventBus, nativeClipboard, moddle) {
  eventBus.on('copyPaste.elementsCopied', ({ tree }) => localStorage.setItem(PLACE, JSON.stringify(tree)));
  // Before the editor itself looks at its clipboard, which it does at 2000.
  eventBus.on('copyPaste.pasteElements', 2500, () => {
    const kept = localStorage.getItem(PLACE);
    if (kept && nativeClipboard.isEmpty()) nativeClipboard.set(JSON.parse(kept, revive(moddle)));
  });
}
Clipboard.$inject = ['eventBus', 'clipboard', 'moddle'];

function revive(moddle) {
  const made = {};
  return (key, object) => {
    if (object && typeof object === 'object' && typeof object.$type === 'string') {
      const id = object.id;
      if (id && made[id]) return made[id];
      const { $type: type, ...rest } = object;
      const created = moddle.create(type, rest);
      if (id) made[id] = created;
      return created;
    }
    return object;
  };
}

export default { __init__: ['gridflowClipboard'], gridflowClipboard: ['type', Clipboard] };
