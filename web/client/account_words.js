// How an account of the demonstration is found.

/** Whether each of the words stands in the text. */
export function matches(text, words) {
  const there = text.toLowerCase();
  return words.toLowerCase().split(/\s+/u).every((word) => there.includes(word));
}
