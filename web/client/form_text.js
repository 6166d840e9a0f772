// A form as the file keeps it: the editor's own marks are left out, so that a file that nobody changed stays as it was.

function component(given) {
  const { layout, components, ...rest } = given;
  delete rest.id;
  return {
    ...rest,
    ...(layout?.columns ? { layout: { columns: layout.columns } } : {}),
    ...(components ? { components: components.map(component) } : {}),
  };
}

export function formText(schema) {
  const { components = [], ...rest } = schema;
  delete rest.exporter;
  return `${JSON.stringify({ ...rest, components: components.map(component) }, null, 2)}\n`;
}
