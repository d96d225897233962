import assert from "node:assert/strict";
import { compile, setRandomSeed, tf } from "../../../lib/tensorflow/index.ts";

/** Weights by each of the initializers that draw, and what the random ops give. */
function draws(): number[][] {
  return tf.tidy(() => {
    const initializers = [
      ...["glorotNormal", "glorotUniform", "heNormal", "heUniform", "leCunNormal", "leCunUniform"],
      ...["orthogonal", "randomNormal", "randomUniform", "truncatedNormal"],
    ].map((kernelInitializer) => {
      const layer = tf.layers.dense({ units: 4, kernelInitializer: kernelInitializer as never });
      layer.apply(tf.ones([1, 4]));
      const values = layer.getWeights()[0]!;
      const drawn = values.clone();
      layer.dispose();
      return drawn;
    });
    const x = tf.ones([16]);
    const ops = [
      tf.randomUniform([16]),
      tf.randomUniformInt([16], 0, 1_000_000),
      tf.randomNormal([16]),
      tf.randomStandardNormal([16]),
      tf.truncatedNormal([16]),
      tf.randomGamma([16], 2),
      tf.multinomial(tf.fill([64], 1 / 64).log() as tf.Tensor1D, 16),
      tf.dropout(x, 0.5),
      tf.layers.dropout({ rate: 0.5 }).apply(x, { training: true }) as tf.Tensor,
    ];
    return [...initializers, ...ops].map((tensor) => [...tensor.dataSync()]);
  });
}

describe("setRandomSeed", () => {
  afterEach(() => setRandomSeed(undefined));

  it("has all that draws draw the same again", () => {
    setRandomSeed(3);
    const first = draws();
    const second = draws();
    setRandomSeed(3);
    assert.deepEqual(draws(), first);
    setRandomSeed(4);
    const other = draws();
    for (const [i, values] of first.entries()) {
      assert.notDeepEqual(second[i], values, `draw ${i} is drawn twice`);
      assert.notDeepEqual(other[i], values, `draw ${i} does not heed the seed`);
    }
    // Two of one kind, one after another.
    assert.notDeepEqual(first[10], first[12]);
  });

  it("draws differently each time where there is none", () => {
    setRandomSeed(undefined);
    const [first, second] = [draws(), draws()];
    for (const [i, values] of first.entries()) assert.notDeepEqual(second[i], values);
  });

  it("leaves a seed of the op's own as it is", () => {
    const own = () => tf.tidy(() => tf.randomNormal([8], 0, 1, "float32", 11).arraySync());
    const before = own();
    setRandomSeed(1);
    assert.deepEqual(own(), before);
  });

  it("holds for compiled functions that have none, drawing anew at each call", () => {
    const run = () => {
      setRandomSeed(5);
      const draw = compile(() => tf.randomUniform([8]));
      const values = [1, 2].map(() => {
        const drawn = draw();
        const list = [...drawn.dataSync()];
        drawn.dispose();
        return list;
      });
      draw.dispose();
      return values;
    };
    const first = run();
    assert.deepEqual(run(), first);
    assert.notDeepEqual(first[0], first[1]);
  });

  it("tells large seeds apart, and refuses what is none", () => {
    const draw = () => tf.tidy(() => [...tf.randomUniform([4]).dataSync()]);
    const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const drawn = seeds.map((seed) => {
      setRandomSeed(seed);
      return JSON.stringify(draw());
    });
    assert.equal(new Set(drawn).size, seeds.length);
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => setRandomSeed(seed), /setRandomSeed: the seed is .+, expected a whole/);
    }
  });
});
