// A form as the file keeps it: the editor's own marks are left out, so that a file that nobody changed stays as it was.

// The lines in which several components stand beside each other; that of a single one is the editor's own mark.
function sharedLines(components) {
  const lines = components.map((each) => each.layout?.row).filter(Boolean);
  return new Set(lines.filter((line, place) => lines.indexOf(line) !== place));
}

function component(given, shared) {
  const { layout = {}, components, ...rest } = given;
  delete rest.id;
  const kept = Object.entries(layout || {}).filter(([name, value]) => (name === 'row' ? shared.has(value) : name === 'columns' && value));
  return {
    ...rest,
    ...(kept.length ? { layout: Object.fromEntries(kept) } : {}),
    ...(components ? { components: listed(components) } : {}),
  };
}

function listed(components) {
  const shared = sharedLines(components);
  return components.map((each) => component(each, shared));
}

export function formText(schema) {
  const { components = [], ...rest } = schema;
  delete rest.exporter;
  return `${JSON.stringify({ ...rest, components: listed(components) }, null, 2)}\n`;
}
