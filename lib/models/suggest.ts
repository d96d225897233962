/** Names close to one that does not exist, for error messages. */

/** Edits (insert, delete, replace a character) that turn one text into the other; Levenshtein, 1965. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/**
 * "Did you mean …?" with up to three names, or all names where they are few; empty where nothing is near.
 */
export function suggest(asked: string, names: readonly string[]): string {
  const quoted = (list: readonly string[]) => list.map((name) => `"${name}"`).join(", ");
  if (names.length <= 6) return `Expected ${quoted(names)}.`;
  const wanted = asked.toLowerCase();
  const near = names
    .map((name) => {
      const lower = name.toLowerCase();
      const contained = wanted.length > 2 && (lower.includes(wanted) || wanted.includes(lower));
      return { name, distance: contained ? 1 : editDistance(wanted, lower) };
    })
    .filter(({ distance }) => distance <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
  return near.length
    ? `Did you mean ${quoted(near)}?`
    : `There are ${names.length} names, such as ${quoted(names.slice(0, 3))}.`;
}
