// How a grid's name decides its colour and is broken into lines.
const COLOURS = ['#cfe3f7', '#d9efd6', '#fde8c8', '#e6dcf3', '#d5efee', '#f7d9df', '#eee8c9', '#dfe4ea'];

/** The same grid keeps its colour from one map to the next. */
export function colour(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length];
}

/** Grids are narrower than their names: a new line after each five characters. */
export function lines(name) {
  return name.replace(/(.{5})(?=.)/gu, '$1\n');
}

const SHADES = ['#eef3f8', '#cfe0f2', '#9fc3e6', '#6da3d6'];

/** The more cases are open in a grid, the darker it is. */
export function shade(open) {
  return SHADES[Math.min(open, SHADES.length - 1)];
}

const LETTER = 11;
const LINE = 14;
const GAP = 2;

/** The room that a name needs around its middle, in pixels. */
function boxOf(name, x, y) {
  const rows = lines(name).split('\n');
  const width = Math.max(...rows.map((row) => [...row].length)) * LETTER + GAP;
  const height = rows.length * LINE + GAP;
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function meet(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

/**
 * Which of the grids, given as { name, x, y, size } with their middle and size in pixels, have their name written: the
 * largest first, none over another. The others' names appear when one zooms in or points at them.
 */
export function written(grids) {
  const boxes = [];
  const found = new Set();
  for (const grid of [...grids].sort((a, b) => b.size - a.size)) {
    const box = boxOf(grid.name, grid.x, grid.y);
    if (boxes.some((each) => meet(each, box))) continue;
    boxes.push(box);
    found.add(grid.name);
  }
  return found;
}

/** All points of a GeoJSON geometry's rings. */
function points(coordinates) {
  return typeof coordinates[0] === 'number' ? [coordinates] : coordinates.flatMap(points);
}

/** West, south, east and north of a GeoJSON geometry. */
export function bounds(geometry) {
  const all = points(geometry.coordinates);
  const along = all.map((point) => point[0]);
  const across = all.map((point) => point[1]);
  return [Math.min(...along), Math.min(...across), Math.max(...along), Math.max(...across)];
}
