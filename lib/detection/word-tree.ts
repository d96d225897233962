/**
 * WordTree: classes in a hierarchy, so that a model can be sure of "dog" and unsure of the breed (YOLO9000, Redmon and
 * Farhadi 2017, https://arxiv.org/abs/1612.08242).
 */
import { tf } from "../tensorflow/index.ts";
import { show } from "./numbers.ts";

export interface WordTreeNode {
  readonly name: string;
  /** The more general class that it belongs to. None: it is at the top. */
  readonly parent?: string;
}

export interface WordTreePrediction {
  /** From the top down to what the model is sure enough of; empty where it is sure of nothing. */
  readonly path: readonly { readonly name: string; readonly probability: number }[];
  /** The last of the path, and how probable it is; undefined and 1 where there is none. */
  readonly name: string | undefined;
  readonly probability: number;
}

export class WordTree {
  /** Names of all classes; their places are the places of their logits. */
  readonly names: readonly string[];
  /** For each class the place of its parent, −1 at the top. */
  readonly parents: readonly number[];
  /** Places of the classes with the same parent: over each of these groups a softmax is taken. */
  readonly groups: readonly (readonly number[])[];
  readonly #place: ReadonlyMap<string, number>;

  /**
   * @param nodes parents before or after their children, as you like
   * @throws {RangeError} a name stands twice, a parent is missing, or classes are their own ancestors
   */
  constructor(nodes: readonly WordTreeNode[]) {
    this.names = nodes.map(({ name }) => name);
    this.#place = new Map(this.names.map((name, i) => [name, i]));
    if (nodes.length === 0) throw new RangeError("WordTree: there are no classes.");
    const twice = this.names.find((name, i) => this.#place.get(name) !== i);
    if (twice !== undefined) throw new RangeError(`WordTree: "${twice}" stands there twice.`);
    this.parents = nodes.map(({ name, parent }) => {
      if (parent === undefined) return -1;
      const place = this.#place.get(parent);
      if (place !== undefined) return place;
      throw new RangeError(
        `WordTree: the parent of "${name}" is ${show(parent)}, which is no class.`,
      );
    });
    this.parents.forEach((_, i) => {
      let steps = 0;
      for (let at = i; at >= 0; at = this.parents[at]!) {
        if (steps++ > nodes.length) {
          throw new RangeError(`WordTree: "${this.names[i]}" is its own ancestor.`);
        }
      }
    });
    const groups = new Map<number, number[]>();
    this.parents.forEach((parent, i) => {
      groups.set(parent, [...(groups.get(parent) ?? []), i]);
    });
    this.groups = [...groups.values()];
  }

  /** Place of a class among the logits. */
  indexOf(name: string): number {
    const place = this.#place.get(name);
    if (place === undefined) throw new RangeError(`WordTree: there is no class ${show(name)}.`);
    return place;
  }

  /** Places from the top down to a class. */
  pathTo(index: number): number[] {
    if (!(Number.isInteger(index) && index >= 0 && index < this.names.length)) {
      throw new RangeError(
        `WordTree: there is no class number ${show(index)}; there are ${this.names.length}.`,
      );
    }
    const path: number[] = [];
    for (let at = index; at >= 0; at = this.parents[at]!) path.unshift(at);
    return path;
  }

  /**
   * Of each class the probability that something is one, given that it is one of its parent's kind: a softmax over each
   * group of siblings. Works in compiled functions and has gradients.
   *
   * @param logits [..., classes]
   */
  conditional(logits: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.exp(this.#logConditional(logits)));
  }

  /**
   * Of each class its probability: the product of the conditional ones on the path to it.
   *
   * @param logits [..., classes]
   */
  probabilities(logits: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.exp(this.#alongPaths(this.#logConditional(logits))));
  }

  /**
   * Cross-entropy of a label and all its ancestors: the negative logarithm of the label's probability. A label need not
   * be a leaf: of a "dog" of unknown breed only the path to "dog" is learned.
   *
   * @param labels int32 [n]: places of the classes
   * @param logits [n, classes]
   * @returns [n]
   */
  loss(labels: tf.Tensor1D, logits: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => {
      const all = this.#alongPaths(this.#logConditional(logits));
      const wanted = tf.oneHot(tf.cast(labels, "int32"), this.names.length);
      return tf.neg(tf.sum(tf.mul(all, wanted), -1)) as tf.Tensor1D;
    });
  }

  /**
   * Walks down the tree, always to the likeliest child, as long as it is probable enough.
   *
   * @param probabilities of all classes, as {@link probabilities} gives them
   * @param threshold least probability of a class on the path. Default: 0.5.
   */
  predict(probabilities: ArrayLike<number>, threshold = 0.5): WordTreePrediction {
    if (probabilities.length !== this.names.length) {
      throw new RangeError(
        `WordTree: there are ${probabilities.length} probabilities, expected ${this.names.length}.`,
      );
    }
    const path: { name: string; probability: number }[] = [];
    let parent = -1;
    for (;;) {
      let best = -1;
      this.parents.forEach((above, i) => {
        if (above !== parent) return;
        if (best < 0 || probabilities[i]! > probabilities[best]!) best = i;
      });
      if (best < 0 || !(probabilities[best]! >= threshold)) break;
      path.push({ name: this.names[best]!, probability: probabilities[best]! });
      parent = best;
    }
    const last = path.at(-1);
    return { path, name: last?.name, probability: last?.probability ?? 1 };
  }

  #logConditional(logits: tf.Tensor): tf.Tensor {
    const classes = this.names.length;
    if (logits.shape.at(-1) !== classes) {
      throw new RangeError(
        `WordTree: the logits have the shape [${logits.shape}], expected [..., ${classes}].`,
      );
    }
    // Siblings side by side, a log-softmax over each group, and back.
    const order = this.groups.flat();
    const back = order.map((_, i) => order.indexOf(i));
    const last = logits.rank - 1;
    const flat = tf.reshape(logits, [-1, classes]);
    const sorted = tf.matMul(flat, permutation(order)) as tf.Tensor2D;
    const parts = tf.split(
      sorted,
      this.groups.map((group) => group.length),
      1,
    );
    const logs = tf.concat(
      parts.map((part) => tf.logSoftmax(part, 1)),
      1,
    );
    const result = tf.matMul(logs, permutation(back));
    return tf.reshape(result, [...logits.shape.slice(0, last), classes]);
  }

  /** Sums of the conditional logarithms on the way to each class: a product with a matrix of zeros and ones. */
  #alongPaths(logs: tf.Tensor): tf.Tensor {
    const classes = this.names.length;
    const onPath = new Float32Array(classes * classes);
    for (let i = 0; i < classes; i++) {
      for (const ancestor of this.pathTo(i)) onPath[ancestor * classes + i] = 1;
    }
    const flat = tf.reshape(logs, [-1, classes]);
    return tf.reshape(tf.matMul(flat, tf.tensor2d(onPath, [classes, classes])), logs.shape);
  }
}

/** A matrix that brings column `order[i]` to place i. */
function permutation(order: readonly number[]): tf.Tensor2D {
  const size = order.length;
  const values = new Float32Array(size * size);
  order.forEach((from, to) => {
    values[from * size + to] = 1;
  });
  return tf.tensor2d(values, [size, size]);
}
