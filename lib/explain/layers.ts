/** Finding layers by name. */
import type { tf } from "../tensorflow/index.ts";

/** @throws if the model has no layer of that name; the error lists names like it */
export function layerOf(model: tf.LayersModel, name: string): tf.layers.Layer {
  const layer = model.layers.find((candidate) => candidate.name === name);
  if (layer) return layer;
  const names = model.layers.map((candidate) => candidate.name);
  throw new Error(
    `The model "${model.name}" has no layer "${name}". Names like it: ` +
      `${nearest(name, names, 3).join(", ")}. model.summary() lists all ${names.length}.`,
  );
}

/** The names that are most like one, the most alike first. */
function nearest(name: string, names: readonly string[], count: number): string[] {
  const wanted = name.toLowerCase();
  const distance = (candidate: string) => {
    const other = candidate.toLowerCase();
    // A name that holds the wanted one, or is held by it, is nearer than any that is merely of similar letters.
    const related = wanted !== "" && (other.includes(wanted) || wanted.includes(other));
    return related ? Math.abs(other.length - wanted.length) / 100 : editDistance(wanted, other);
  };
  return names
    .map((candidate) => ({ candidate, distance: distance(candidate) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Levenshtein: how many letters to add, remove or exchange. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
