import { tf } from "../../../lib/tensorflow/index.ts";

/** Exchanges two weights of one kind and shape; it looks for them from the model's end. */
export function swapTwoWeights(model: tf.LayersModel): void {
  const weights = [...model.weights].reverse();
  for (const [i, first] of weights.entries()) {
    const kind = first.originalName.split("/").at(-1);
    const second = weights
      .slice(i + 1)
      .find(
        ({ shape, originalName }) =>
          String(shape) === String(first.shape) && originalName.endsWith(`/${kind}`),
      );
    if (!second) continue;
    tf.tidy(() => {
      const values = [first.read().clone(), second.read().clone()] as const;
      first.write(values[1]);
      second.write(values[0]);
    });
    return;
  }
  throw new Error("no two weights have one shape");
}
