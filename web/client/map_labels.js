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
