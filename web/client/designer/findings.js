// The list of what is wrong or remarkable; what has an element leads to it. The sentences call each element as the checks do.
export function showFindings(list, findings, { jump, words }) {
  const count = (severity) => findings.filter((each) => each.severity === severity).length;
  document.getElementById('counted').textContent = words.counted.replace('{errors}', count('error')).replace('{notes}', count('note'));
  list.replaceChildren(...findings.map((each) => {
    const item = document.createElement(each.element ? 'button' : 'div');
    item.className = 'list-group-item list-group-item-action text-start';
    if (each.element) item.type = 'button';
    const badge = document.createElement('span');
    badge.className = `badge me-2 ${each.severity === 'error' ? 'bg-red-lt' : 'bg-secondary-lt'}`;
    badge.textContent = words[each.severity];
    item.append(badge, each.told);
    if (each.element) item.addEventListener('click', () => jump(each.element));
    return item;
  }));
  if (!findings.length) {
    const item = document.createElement('div');
    item.className = 'list-group-item text-secondary';
    item.textContent = words.none;
    list.replaceChildren(item);
  }
  list.dataset.ready = String(Number(list.dataset.ready || 0) + 1);
}
