/** Labels and scores to compare with scikit-learn: with ties, without, and with one class alone. */
import { Random } from "../../random.ts";

export interface BinaryCase {
  readonly labels: readonly number[];
  readonly scores: readonly number[];
}

export interface ClassCase {
  readonly classes: number;
  readonly labels: readonly number[];
  readonly predicted: readonly number[];
  readonly scores: readonly (readonly number[])[];
}

export function sklearnCases(): { binary: BinaryCase[]; classes: ClassCase[] } {
  const random = new Random(77);
  const list = <T>(length: number, make: () => T) => Array.from({ length }, make);
  const binary = list(40, () => {
    const steps = random.pick([1, 4, 1e6]);
    const share = random.pick([0.1, 0.5, 0.9]);
    const labels = list(random.whole(2, 60), () => Number(random.chance(share)));
    const scores = labels.map(
      (label) => random.whole(0, steps) / steps / (label || random.chance(0.5) ? 1 : 2),
    );
    return { labels, scores };
  });
  binary.push({ labels: [0, 0, 0], scores: [0.1, 0.5, 0.5] });
  binary.push({ labels: [1, 1], scores: [0.3, 0.2] });
  binary.push({ labels: [0, 1], scores: [0.5, 0.5] });
  const classes = list(20, () => {
    const count = random.whole(4, 6);
    const examples = random.whole(3, 50);
    const used = random.whole(2, count);
    const labels = list(examples, () => random.whole(0, used - 1));
    const predicted = labels.map((label) =>
      random.chance(0.6) ? label : random.whole(0, used - 1),
    );
    const scores = list(examples, () => list(count, () => random.whole(0, 5) / 5));
    return { classes: count, labels, predicted, scores };
  });
  return { binary, classes };
}
