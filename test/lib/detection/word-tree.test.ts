import assert from "node:assert/strict";
import { WordTree } from "convnet-lab/detection";
import { compile, tf } from "convnet-lab/tensorflow";

const nodes = [
  { name: "terrier", parent: "dog" },
  { name: "animal" },
  { name: "dog", parent: "animal" },
  { name: "cat", parent: "animal" },
  { name: "poodle", parent: "dog" },
  { name: "vehicle" },
];

const softmax = (...logits: number[]) => {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
};
const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a}, expected ${b}`);

describe("WordTree", () => {
  const tree = new WordTree(nodes);
  const logits = [0.3, 1, -0.5, 2, 1.2, 0.1];

  it("takes a softmax over siblings, and multiplies down the path", () => {
    const memory = tf.memory().numTensors;
    const compiled = compile((x: tf.Tensor) => tree.probabilities(x));
    tf.tidy(() => {
      const [animal, vehicle] = softmax(1, 0.1);
      const [dog, cat] = softmax(-0.5, 2);
      const [terrier, poodle] = softmax(0.3, 1.2);
      const conditional = [terrier, animal, dog, cat, poodle, vehicle];
      tree
        .conditional(tf.tensor1d(logits))
        .dataSync()
        .forEach((p, i) => {
          close(p, conditional[i]!);
        });
      const all = [
        animal! * dog! * terrier!,
        animal,
        animal! * dog!,
        animal! * cat!,
        animal! * dog! * poodle!,
        vehicle,
      ];
      compiled(tf.tensor2d([logits]))
        .dataSync()
        .forEach((p, i) => {
          close(p, all[i]!);
        });
      const loss = tree.loss(tf.tensor1d([4, 2], "int32"), tf.tensor2d([logits, logits]));
      close(loss.dataSync()[0]!, -Math.log(all[4]!));
      close(loss.dataSync()[1]!, -Math.log(all[2]!));
    });
    compiled.dispose();
    assert.equal(tf.memory().numTensors, memory);
  });

  it("learns nothing about breeds from a dog of unknown breed", () => {
    tf.tidy(() => {
      const gradient = tf.grad((x) =>
        tf.sum(tree.loss(tf.tensor1d([2], "int32"), x as tf.Tensor2D)),
      )(tf.tensor2d([logits]));
      const values = gradient.dataSync();
      close(values[0]!, 0);
      close(values[4]!, 0);
      assert.ok(values[2]! < 0 && values[3]! > 0);
    });
  });

  it("walks down as far as it is sure", () => {
    const sure = tree.predict([0.3, 0.9, 0.8, 0.1, 0.5, 0.1]);
    assert.deepEqual(
      sure.path.map(({ name }) => name),
      ["animal", "dog", "poodle"],
    );
    const unsure = tree.predict([0.38, 0.9, 0.8, 0.1, 0.42, 0.1]);
    assert.equal(unsure.name, "dog");
    assert.equal(unsure.probability, 0.8);
    assert.deepEqual(tree.predict([0, 0.4, 0, 0, 0, 0.4]), {
      path: [],
      name: undefined,
      probability: 1,
    });
  });

  it("refuses trees that are none", () => {
    assert.throws(() => new WordTree([]), /no classes/);
    assert.throws(() => new WordTree([{ name: "a" }, { name: "a" }]), /"a" stands there twice/);
    assert.throws(
      () => new WordTree([{ name: "a", parent: "b" }]),
      /parent of "a" is "b", which is no class/,
    );
    assert.throws(
      () =>
        new WordTree([
          { name: "a", parent: "b" },
          { name: "b", parent: "a" },
        ]),
      /is its own ancestor/,
    );
    assert.throws(() => tree.probabilities(tf.zeros([2, 5])), /shape \[2,5\], expected \[..., 6\]/);
    assert.throws(() => tree.predict([1]), /1 probabilities, expected 6/);
  });
});
