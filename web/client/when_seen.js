// The script that draws a box is loaded when the box comes near the screen: who reads a list on a phone does not
// wait for maps and diagrams that stand below it or behind a tab.
const NEAR = '200px';

function load(address) {
  document.head.append(Object.assign(document.createElement('script'), { src: address }));
}

for (const source of document.querySelectorAll('template[data-when-seen]')) {
  const box = document.querySelector(source.dataset.whenSeen);
  if (!box) continue;
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    load(source.dataset.script);
  }, { rootMargin: NEAR });
  watch.observe(box);
}
