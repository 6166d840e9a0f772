// How a grid's name decides its colour and is broken into lines.
const COLOURS = ['#cfe3f7', '#d9efd6', '#fde8c8', '#e6dcf3', '#d5efee', '#f7d9df', '#eee8c9', '#dfe4ea'];

/** The same grid keeps its colour from one map to the next. */
export function colour(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length];
}

/** Grids are narrower than their names: a new line where the community ends (东城社区, 第一网格), and after each five characters. */
export function lines(name) {
  const [, community, grid] = /^(.{1,5}(?:社区|村))(.+)$/u.exec(name) ?? [null, name, ''];
  return [community, grid].filter(Boolean).map((part) => part.replace(/(.{5})(?=.{2})/gu, '$1\n')).join('\n');
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

/** How far a name may stand above or below the middle of its grid and still lie within the grid's height. */
function places(height, tall) {
  const found = [0];
  for (let away = height; away + height / 2 <= tall / 2; away += height) found.push(-away, away);
  return found;
}

/**
 * Which of the grids, given as { name, x, y, size, tall, changed } with their middle, size and height in pixels, have
 * their name written, and how far below the middle: those that change first, then the largest, none over another. The
 * others' names appear when one zooms in or points at them.
 */
export function written(grids) {
  const boxes = [];
  const found = new Map();
  for (const grid of [...grids].sort((a, b) => !!b.changed - !!a.changed || b.size - a.size)) {
    const { top, bottom } = boxOf(grid.name, grid.x, grid.y);
    const free = places(bottom - top, grid.tall ?? 0).find((away) => {
      const box = boxOf(grid.name, grid.x, grid.y + away);
      return !boxes.some((each) => meet(each, box));
    });
    if (free === undefined) continue;
    boxes.push(boxOf(grid.name, grid.x, grid.y + free));
    found.set(grid.name, free);
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

/** The bounds of a geometry's largest part: a grid of several parts has its name in that one. */
export function largestPart(geometry) {
  const parts = geometry.type === 'MultiPolygon' ? geometry.coordinates : [geometry.coordinates];
  const sizeOf = ([west, south, east, north]) => (east - west) * (north - south);
  const found = parts.map((coordinates) => bounds({ coordinates }));
  return found.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
}
