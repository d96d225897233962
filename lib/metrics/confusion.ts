/** Which class was taken for which, and the figures that follow: accuracy, precision, recall, F1, mean IoU. */
import { type Numbers, numbersOf } from "../detection/numbers.ts";
import { classLabels } from "./labels.ts";

export interface ConfusionOptions {
  /** Default: one more than the highest label. */
  readonly classes?: number;
  /** A label that marks what does not count, such as 255 for the borders in Pascal VOC. */
  readonly ignore?: number;
}

/** Rows are the true classes, columns the predicted ones. Figures of absent classes are NaN. */
export class ConfusionMatrix {
  readonly classes: number;
  readonly ignore: number | undefined;
  /** counts[true][predicted] */
  readonly counts: readonly Float64Array[];

  constructor(classes: number, { ignore }: Pick<ConfusionOptions, "ignore"> = {}) {
    if (!Number.isInteger(classes) || classes < 1) {
      throw new RangeError(
        `ConfusionMatrix: classes is ${classes}, expected a whole number above 0.`,
      );
    }
    this.classes = classes;
    this.ignore = ignore;
    this.counts = Array.from({ length: classes }, () => new Float64Array(classes));
  }

  /**
   * Counts more examples, or the pixels of more images; tensors of any shape, equal in number.
   *
   * @throws {RangeError} a label is not a class; then none is counted
   */
  add(truth: Numbers, predicted: Numbers): this {
    const trues = classLabels(truth, "ConfusionMatrix: the truth");
    const guesses = classLabels(predicted, "ConfusionMatrix: the prediction");
    if (trues.length !== guesses.length) {
      throw new RangeError(
        `ConfusionMatrix: there are ${trues.length} true labels and ${guesses.length} predicted ones.`,
      );
    }
    for (let i = 0; i < trues.length; i++) {
      if (trues[i] === this.ignore) continue;
      this.#check(trues[i]!, i, "true");
      this.#check(guesses[i]!, i, "predicted");
    }
    for (let i = 0; i < trues.length; i++) {
      if (trues[i] !== this.ignore) this.counts[trues[i]!]![guesses[i]!]! += 1;
    }
    return this;
  }

  /** How many were counted. */
  get total(): number {
    return sum(this.counts.map(sum));
  }

  /** Share of all that is right: pixel accuracy, for images. */
  get accuracy(): number {
    return sum(this.#each((k) => this.counts[k]![k]!)) / this.total;
  }

  /** Of what is called a class, how much is of it. */
  get precision(): number[] {
    return this.#each((k) => this.counts[k]![k]! / this.#predicted(k));
  }

  /** Of what is of a class, how much is called so. */
  get recall(): number[] {
    return this.#each((k) => this.counts[k]![k]! / this.#true(k));
  }

  get f1(): number[] {
    return this.#each((k) => (2 * this.counts[k]![k]!) / (this.#true(k) + this.#predicted(k)));
  }

  /** Intersection over union of each class. */
  get iou(): number[] {
    return this.#each((k) => {
      const shared = this.counts[k]![k]!;
      return shared / (this.#true(k) + this.#predicted(k) - shared);
    });
  }

  /** Mean recall of the classes that occur. */
  get meanAccuracy(): number {
    return meanOfDefined(this.recall);
  }

  /** Mean IoU of the classes that occur in truth or prediction, as in Keras. */
  get meanIou(): number {
    return meanOfDefined(this.iou);
  }

  /** Mean IoU, each class weighted by its pixels (Long et al. 2015, https://arxiv.org/abs/1411.4038). */
  get frequencyWeightedIou(): number {
    const { iou, total } = this;
    return sum(this.#each((k) => (this.#true(k) === 0 ? 0 : (this.#true(k) / total) * iou[k]!)));
  }

  /** Shares instead of counts: of each true class, of each predicted one, or of all. */
  normalized(by: "true" | "predicted" | "all" = "true"): number[][] {
    return this.counts.map((row, k) =>
      Array.from(row, (count, l) => {
        const whole =
          by === "true" ? this.#true(k) : by === "predicted" ? this.#predicted(l) : this.total;
        return whole === 0 ? 0 : count / whole;
      }),
    );
  }

  #true(k: number): number {
    return sum(this.counts[k]!);
  }

  #predicted(k: number): number {
    return sum(this.counts.map((row) => row[k]!));
  }

  #each(figure: (k: number) => number): number[] {
    return Array.from({ length: this.classes }, (_, k) => figure(k));
  }

  #check(label: number, i: number, kind: string): void {
    if (label < this.classes) return;
    throw new RangeError(
      `ConfusionMatrix: the ${kind} label at ${i} is ${label}, but there are ${this.classes} classes, 0 to ` +
        `${this.classes - 1}. Give { classes } or, for pixels that do not count, { ignore }.`,
    );
  }
}

/** The confusion matrix of labels: arrays or tensors of any shape, equal in number. */
export function confusionMatrix(
  truth: Numbers,
  predicted: Numbers,
  options: ConfusionOptions = {},
): ConfusionMatrix {
  const { ignore } = options;
  let highest = 0;
  for (const values of [truth, predicted]) {
    const labels = numbersOf(values, "confusionMatrix");
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] !== ignore && labels[i]! > highest) highest = labels[i]!;
    }
  }
  const matrix = new ConfusionMatrix(
    options.classes ?? Math.floor(highest) + 1,
    ignore === undefined ? {} : { ignore },
  );
  return matrix.add(truth, predicted);
}

/**
 * Mean intersection over union of a segmentation: of the classes that occur, as in Keras.
 *
 * @param truth class of each pixel, any shape
 * @param predicted as many
 */
export function meanIou(
  truth: Numbers,
  predicted: Numbers,
  options: ConfusionOptions = {},
): number {
  return confusionMatrix(truth, predicted, options).meanIou;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return sum(defined) / defined.length;
}
