// Corners that neighbours share move together, so that no gap and no overlap comes of moving one.
const SAME = 1e-7;

function isSame(one, other) {
  return Math.abs(one[0] - other[0]) < SAME && Math.abs(one[1] - other[1]) < SAME;
}

/** The coordinates with each corner at `from` moved to `to`; the very same object where there is none. */
export function withMoved(coordinates, from, to) {
  if (typeof coordinates[0] === 'number') return isSame(coordinates, from) ? to : coordinates;
  const parts = coordinates.map((part) => withMoved(part, from, to));
  return parts.some((part, index) => part !== coordinates[index]) ? parts : coordinates;
}

function rounded(coordinates) {
  if (typeof coordinates[0] === 'number') return coordinates.slice(0, 2).map((value) => Number(value.toFixed(7)));
  return coordinates.map(rounded);
}

/** A FeatureCollection of the changed areas, as the form's text holds it; empty for none. */
export function written(areas) {
  const changed = areas.filter((area) => area.changed && area.geometry);
  if (!changed.length) return '';
  const features = changed.map(({ id, name, geometry }) => ({
    type: 'Feature',
    properties: { id, name },
    geometry: { type: geometry.type, coordinates: rounded(geometry.coordinates) },
  }));
  return JSON.stringify({ type: 'FeatureCollection', features });
}

/** Id → geometry of what the text holds. Throws for what is no FeatureCollection. */
export function read(text) {
  if (!text.trim()) return new Map();
  const { features } = JSON.parse(text);
  return new Map(features.filter(({ geometry }) => geometry).map(({ properties, geometry }) => [String(properties.id), geometry]));
}
