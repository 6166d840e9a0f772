// What is typed in an editor's panel reaches the drawing a moment after the last key. Who reads, saves or replaces the drawing asks for it
// at once, and a drawing that is replaced leaves the designer in the field in which he types.

/** debounce: what the editors' panels delay a field's text with; flush: hands over every text that waits. */
export function typing(wait) {
  const waiting = new Set();

  function debounce(act) {
    let timer = 0;
    let given = [];
    function cancel() {
      clearTimeout(timer);
      timer = 0;
      waiting.delete(hand);
    }
    function hand() {
      cancel();
      act(...given);
    }
    function later(...typed) {
      given = typed;
      clearTimeout(timer);
      timer = setTimeout(hand, wait);
      waiting.add(hand);
    }
    later.flush = () => { if (timer) hand(); };
    later.cancel = cancel;
    return later;
  }

  function flush() {
    for (const hand of [...waiting]) hand();
  }

  return { debounce, flush };
}

/** A panel takes over what it has drawn before the next key is pressed: a key in between would be undone by the text before it. */
export function followAtOnce(options) {
  options.requestAnimationFrame = (act) => queueMicrotask(act);
}

// How often an editor may draw itself anew until it has the field again.
const DRAWN = 50;

/** Leaves the field of the editor that has the focus; a function that goes back to it, with the caret where it was. */
export function leaveField(editor, focused = document.activeElement) {
  if (!focused?.id || !editor.contains(focused)) return async () => {};
  const { id, selectionStart, selectionEnd } = focused;
  focused.blur();
  return async () => {
    let field = null;
    for (let drawn = 0; drawn < DRAWN && !field; drawn += 1) {
      await null;
      field = document.getElementById(id);
    }
    field?.focus();
    if (Number.isInteger(selectionStart)) field?.setSelectionRange(selectionStart, selectionEnd);
  };
}
