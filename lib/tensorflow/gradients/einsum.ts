/** The gradient of einsum: the product of the other inputs, summed over what this input does not have. */
import type { Tensor } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { gradient } from "./registry.ts";

/**
 * @param own the input's letters
 * @param letters of the output and of the other inputs
 */
function inputGradient(
  own: string,
  letters: readonly string[],
  tensors: Tensor[],
  shape: number[],
) {
  return core.tidy(() => {
    const present = [...own].filter((letter) => letters.some((term) => term.includes(letter)));
    const summed = core.einsum(`${letters.join(",")}->${present.join("")}`, ...tensors);
    if (present.length === own.length) return summed;
    // An axis that only this input has was summed over: all of its places have the same gradient.
    const wide = [...own].map((letter, i) => (present.includes(letter) ? (shape[i] as number) : 1));
    return core.broadcastTo(core.reshape(summed, wide), shape);
  });
}

export function installEinsumGradient(): void {
  gradient("Einsum", {
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      const equation = (attrs as unknown as { equation: string }).equation.replace(/\s/g, "");
      const [left, output] = equation.split("->") as [string, string];
      const terms = left.split(",");
      for (const term of [...terms, output]) {
        if (new Set(term).size !== term.length || term.includes(".")) {
          throw new Error(
            `The gradient of einsum "${equation}" is not available: "${term}" repeats a letter or has an ellipsis. ` +
              "Write it with transpose, diagonal or matMul.",
          );
        }
      }
      return Object.fromEntries(
        terms.map((own, i) => {
          const others = terms.filter((_, j) => j !== i);
          const tensors = [dy as Tensor, ...saved.filter((_, j) => j !== i)];
          const { shape } = saved[i] as Tensor;
          return [i, () => inputGradient(own, [output, ...others], tensors, shape)];
        }),
      );
    },
  });
}
