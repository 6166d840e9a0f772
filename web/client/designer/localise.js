// Puts the Chinese of a dictionary over the English of a widget that has no translation of its own, now and whenever it draws anew.
const ATTRIBUTES = ['title', 'placeholder', 'aria-label', 'data-placeholder', 'label'];

// What a designer has written is his; a control's own words inside what he draws are not, nor is the name of the field that he writes into.
const LEFT = 'textarea, [contenteditable=true], .cm-editor, .fjs-form-field';
const OWN = '.fjs-select-display, .fjs-filepicker-container, .fjs-context-pad, .fjs-number-arrow-container, .fjs-repeat-render-footer, .fjs-empty-component, input';
const WRITTEN = 'textarea, [contenteditable=true]';

function left(element) {
  return element.closest(LEFT) && !element.closest(OWN);
}

export function localise(root, words) {
  const put = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.parentElement && left(node.parentElement)) return;
      const text = node.data.trim();
      if (words[text]) node.data = node.data.replace(text, words[text]);
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of left(node) && !node.matches('.cm-content') ? [] : ATTRIBUTES) {
        const text = node.getAttribute(name);
        if (text && words[text]) node.setAttribute(name, words[text]);
      }
      if (!node.matches(WRITTEN)) node.childNodes.forEach(put);
    }
  };
  put(root);
  new MutationObserver((changes) => {
    for (const change of changes) {
      change.addedNodes.forEach(put);
      if (change.type !== 'childList') put(change.target);
    }
  }).observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
}
