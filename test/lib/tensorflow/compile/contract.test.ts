/** More of what compile() promises; the first part is in compile.test.ts. */
import { strict as assert } from "node:assert";
import { CompileError, compile, nativeOp, tf } from "convnet-lab/tensorflow";

const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync() as Float32Array);

/** Runs `fn`, and asserts that it leaves as many tensors as it found. */
function balanced(fn: () => void): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    fn();
  });
  assert.equal(tf.memory().numTensors - before, 0, "tensors leaked");
}

function refuses(fn: (x: tf.Tensor) => unknown, pattern: RegExp): void {
  balanced(() => {
    const f = compile(fn);
    assert.throws(
      () => f(tf.tensor1d([1, -1, 2])),
      (error: Error) => {
        assert.ok(error instanceof CompileError, String(error.stack));
        assert.match(error.message, pattern);
        return true;
      },
    );
    f.dispose();
  });
}

describe("compile(), the contract", () => {
  before(function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
  });

  afterEach(() => tf.disposeVariables());

  describe("variables", () => {
    it("may not be created by a later call", () => {
      const made: tf.Variable[] = [];
      const f = compile((x: tf.Tensor) => {
        const v = tf.variable(tf.zeros([2]), true, `own_${made.length}`);
        made.push(v);
        return v.add(x);
      });
      f(tf.scalar(1));
      const count = Object.keys(tf.engine().registeredVariables).length;
      assert.throws(() => f(tf.tensor1d([1, 2])), /creates the variable "own_1" in a later call/);
      assert.equal(Object.keys(tf.engine().registeredVariables).length, count);
      assert.deepEqual(values(f(tf.scalar(3))), [3, 3]);
      f.dispose();
    });

    it("have one value for training, inference, setWeights and frozen functions", () => {
      const model = tf.sequential({
        layers: [
          tf.layers.dense({ units: 3, inputShape: [4], activation: "relu" }),
          tf.layers.dense({ units: 1, useBias: false }),
        ],
      });
      const train = compile((x: tf.Tensor) => {
        const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
        const { grads } = tf.variableGrads(
          () => tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor)) as tf.Scalar,
          variables,
        );
        for (const v of variables) v.assign(v.sub(tf.mul(grads[v.name] as tf.Tensor, 0.1)));
      });
      const infer = compile((x: tf.Tensor) => model.apply(x) as tf.Tensor);
      const frozen = compile((x: tf.Tensor) => model.apply(x) as tf.Tensor, { freeze: true });
      const same = () =>
        tf.tidy(() => {
          for (const batch of [1, 3, 5]) {
            const x = tf.randomNormal([batch, 4]);
            const expected = values(model.predict(x) as tf.Tensor);
            for (const f of [infer, frozen]) {
              values(f(x)).forEach((value, i) => {
                assert.ok(Math.abs(value - (expected[i] as number)) < 1e-5);
              });
            }
          }
        });
      const step = (batch: number) => tf.tidy(() => train(tf.randomNormal([batch, 4])));
      same();
      for (const batch of [8, 8, 3]) step(batch);
      same();
      const saved = tf.tidy(() => model.getWeights().map((w) => w.clone()));
      for (const w of saved) tf.keep(w);
      step(8);
      same();
      model.setWeights(saved);
      same();
      tf.dispose(saved);
      for (const f of [train, infer, frozen]) f.dispose();
    });
  });

  describe("random layers draw anew", () => {
    const layers = {
      dropout: () => tf.layers.dropout({ rate: 0.5 }),
      "spatial dropout": () => tf.layers.spatialDropout1d({ rate: 0.5 } as never),
      "gaussian noise": () => tf.layers.gaussianNoise({ stddev: 1 }),
      "gaussian dropout": () => tf.layers.gaussianDropout({ rate: 0.5 }),
      "alpha dropout": () => tf.layers.alphaDropout({ rate: 0.5 }),
    };
    for (const [name, make] of Object.entries(layers)) {
      it(name, function () {
        if (name === "spatial dropout" && !("spatialDropout1d" in tf.layers)) this.skip();
        const layer = make();
        const f = compile((x: tf.Tensor) => layer.apply(x, { training: true }) as tf.Tensor);
        // So many channels that two masks of whole channels are not equal by chance.
        const seen = new Set([0, 1, 2].map(() => values(f(tf.ones([2, 16, 64]))).join()));
        assert.equal(seen.size, 3);
        f.dispose();
      });
    }

    it("multinomial", () => {
      const f = compile(() =>
        tf.multinomial(tf.tensor1d([0, 0, Number.NEGATIVE_INFINITY]), 500, 3),
      );
      const [a, b] = [values(f()), values(f())];
      assert.notDeepEqual(a, b);
      assert.deepEqual([...new Set([...a, ...b])].sort(), [0, 1]);
      const share = a.filter((v) => v === 1).length / 500;
      assert.ok(Math.abs(share - 0.5) < 0.1, String(share));
      f.dispose();
    });

    it("initializers of a layer that is built while capturing, once", () => {
      let layer: tf.layers.Layer | undefined;
      const f = compile((x: tf.Tensor) => {
        layer ??= tf.layers.dense({ units: 4 });
        return layer.apply(x) as tf.Tensor;
      });
      const x = tf.ones([1, 3]);
      const seen = new Set([0, 1, 2].map(() => values(f(x)).join()));
      assert.equal(seen.size, 1);
      f.dispose();
    });
  });

  describe("refuses clearly", () => {
    it("shuffles in JavaScript, which would freeze", () => {
      refuses((x) => {
        const order = [0, 1, 2];
        tf.util.shuffle(order);
        return tf.gather(x, order);
      }, /tf\.util\.shuffle.*contract\.test\.ts:\d+.*tf\.topk/);
    });

    it("asynchronous reads, at once", () => {
      refuses((x) => {
        x.data();
        return x;
      }, /reads a tensor's values.*contract\.test\.ts:\d+/);
    });

    it("boolean masks and where with one argument", () => {
      refuses((x) => {
        tf.booleanMaskAsync(x, tf.greater(x, 0));
        return x;
      }, /contract\.test\.ts:\d+/);
      refuses((x) => {
        tf.whereAsync(tf.greater(x, 0));
        return x;
      }, /contract\.test\.ts:\d+/);
    });

    const boxes = () =>
      tf.tensor2d([
        [0, 0, 1, 1],
        [0, 0, 1, 0.9],
        [2, 2, 3, 3],
      ]);

    it("non-max suppression, naming the padded form", () => {
      refuses(
        (x) => tf.gather(x, tf.image.nonMaxSuppression(boxes(), x as tf.Tensor1D, 3)),
        /NonMaxSuppressionV3.*nonMaxSuppressionPadded/,
      );
      refuses(
        (x) =>
          tf.gather(
            x,
            tf.image.nonMaxSuppressionPadded(boxes(), x as tf.Tensor1D, 3).selectedIndices as never,
          ),
        /NonMaxSuppressionV4.*padToMaxOutputSize/,
      );
    });

    it("and supplies it", () => {
      balanced(() => {
        const f = compile((scores: tf.Tensor) => {
          const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
            boxes(),
            scores as tf.Tensor1D,
            ...([3, 0.5, 0.1, true] as const),
          ) as unknown as { selectedIndices: tf.Tensor1D; validOutputs: tf.Tensor };
          return [tf.gather(scores, selectedIndices), validOutputs] as const;
        });
        f(tf.tensor1d([0.9, 0.8, 0.7]));
        const [kept, count] = f(tf.tensor1d([0.3, 0.8, 0.7]));
        assert.deepEqual(values(count), [2]);
        assert.deepEqual(values(kept).slice(0, 2), values(tf.tensor1d([0.8, 0.7])));
        f.dispose();
      });
    });

    it("a backend that is not the one of the capture", () => {
      const f = compile((x: tf.Tensor) => x.mul(2), { name: "double" });
      f(tf.scalar(1));
      tf.setBackend("cpu");
      try {
        assert.throws(() => f(tf.scalar(1)), /double was captured on .*"cpu".*dispose\(\)/);
        f.dispose();
        assert.deepEqual(values(f(tf.scalar(3))), [6]);
      } finally {
        tf.setBackend("tensorflow");
      }
      assert.deepEqual(values(f(tf.scalar(4))), [8]);
      f.dispose();
    });
  });

  it("takes complex64", () => {
    balanced(() => {
      const f = compile((x: tf.Tensor, y: tf.Tensor) => {
        const z = tf.complex(x, y);
        return [z, tf.abs(z), tf.imag(tf.fft(z as tf.Tensor1D))] as tf.Tensor[];
      });
      for (const k of [1, 2]) {
        const [z, size, turned] = f(tf.tensor1d([3 * k, 0]), tf.tensor1d([4 * k, k])) as [
          ...[tf.Tensor, tf.Tensor, tf.Tensor],
        ];
        assert.equal(z.dtype, "complex64");
        assert.deepEqual(values(tf.real(z)), [3 * k, 0]);
        assert.deepEqual(values(size), [5 * k, k]);
        assert.deepEqual(values(turned), [5 * k, 3 * k]);
      }
      const g = compile((z: tf.Tensor) => tf.abs(z));
      for (const k of [1, 2]) {
        assert.deepEqual(values(g(tf.complex([3 * k], [4 * k]))), [5 * k]);
      }
      f.dispose();
      g.dispose();
    });
  });

  it("never casts a large int64 in silence", () => {
    const huge = () =>
      nativeOp("Cast", [tf.scalar(3e9)], { SrcT: { type: "float32" }, DstT: { type: "int64" } });
    const read = (make: () => tf.Tensor): unknown => {
      try {
        return Number(tf.tidy(() => make().dataSync()[0]));
      } catch (error) {
        return error;
      }
    };
    const f = compile(huge);
    for (const result of [read(huge), read(f), read(f)]) {
      assert.ok(result === 3e9 || result instanceof Error, `3e9 became ${result}`);
    }
    f.dispose();
  });

  it("warns of churn once, and frees what it drops", () => {
    const warnings: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => warnings.push(text);
    try {
      balanced(() => {
        const f = compile((x: tf.Tensor, k: number) => x.mul(k), { name: "churn", cacheSize: 3 });
        for (let k = 0; k < 12; k++) f(tf.scalar(1), k);
        assert.equal(f.signatures.length, 3);
        f.dispose();
      });
    } finally {
      console.warn = warn;
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /churn has been captured for more than 6 .*pad inputs/);
  });

  it("runs inline where it calls itself", () => {
    balanced(() => {
      const power = compile(
        (x: tf.Tensor, n: number): tf.Tensor =>
          n === 0 ? tf.onesLike(x) : tf.mul(x, power(x, n - 1)),
      );
      assert.deepEqual(values(power(tf.scalar(2), 5)), [32]);
      assert.deepEqual(values(power(tf.scalar(3), 5)), [243]);
      assert.equal(power.signatures.length, 1);
      power.dispose();
    });
  });

  it("keeps the variables' gradients of a function that was compiled", () => {
    const w = tf.variable(tf.scalar(3));
    const f = compile((x: tf.Tensor) => tf.mul(tf.square(w), x) as tf.Scalar);
    f(tf.scalar(1));
    const { value, grads } = tf.variableGrads(() => f(tf.scalar(2)) as tf.Scalar, [w]);
    assert.deepEqual([values(value), values(grads[w.name] as tf.Tensor)], [[18], [12]]);
    f.dispose();
  });

  it("leaves the count of tensors and functions as it was over 50 captures", () => {
    const w = tf.tidy(() => tf.variable(tf.ones([8, 8])));
    const before = tf.memory();
    for (let i = 0; i < 50; i++) {
      tf.tidy(() => {
        const f = compile((x: tf.Tensor) => {
          w.assign(w.add(tf.randomUniform([8, 8])) as tf.Tensor2D);
          return x.matMul(w).relu();
        });
        for (let n = 0; n < 3; n++) f(tf.ones([4, 8]));
        f.dispose();
      });
    }
    const after = tf.memory();
    assert.equal(after.numTensors, before.numTensors);
    assert.equal(after.numDataBuffers, before.numDataBuffers);
    assert.equal(after.numBytes, before.numBytes);
  });
});

describe("a compiled function explains itself", () => {
  before(function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
  });
  afterEach(() => tf.disposeVariables());

  const display = (value: object): Record<string, string> =>
    (value as { [key: symbol]: () => Record<string, string> })[
      Symbol.for("Jupyter.display")
    ]?.() as Record<string, string>;

  it("by a table of its ops", () => {
    balanced(() => {
      const f = compile((x: tf.Tensor) => tf.relu(tf.matMul(tf.relu(x), tf.ones([3, 3]))), {
        name: "two <relus>",
      });
      assert.match(f.describe().toString(), /not captured yet/);
      f(tf.ones([2, 3]));
      const table = f.describe();
      assert.deepEqual(
        table.rows.find(({ op }) => op === "Relu"),
        { op: "Relu", count: 2, shape: [2, 3] },
      );
      assert.ok(table.rows.some(({ op }) => /MatMul/.test(op)));
      assert.ok(!table.rows.some(({ op }) => op === "Placeholder"));
      const { "text/plain": text, "text/html": html } = display(table);
      assert.match(text as string, /^two <relus>.*\nop +count +largest output\n/);
      assert.match(html as string, /two &lt;relus&gt;.*<td[^>]*>Relu<\/td><td[^>]*>2<\/td>/);
      f.dispose();
    });
  });

  it("by time by op, changing nothing", () => {
    balanced(() => {
      const w = tf.variable(tf.ones([64, 64]));
      const count = tf.variable(tf.scalar(0));
      const step = compile((x: tf.Tensor) => {
        count.assign(count.add(1));
        w.assign(tf.add(w, tf.matMul(x, w)));
        return tf.dropout(tf.mean(w), 0.5);
      });
      const x = tf.ones([64, 64]);
      assert.throws(() => step.profile(x), /needs a call with arguments of the same shapes/);
      step(x);
      step(x);
      const [weights, calls] = [values(w), step.randomCalls];
      const profile = step.profile(x);
      assert.deepEqual(values(w), weights);
      assert.deepEqual(values(count), [2]);
      assert.equal(step.randomCalls, calls);
      const product = profile.rows.find(({ op }) => /MatMul/.test(op));
      assert.ok(product && product.milliseconds > 0);
      const share = profile.rows.reduce((sum, row) => sum + row.share, 0);
      assert.ok(Math.abs(share - 1) < 1e-6);
      assert.deepEqual(
        profile.rows,
        [...profile.rows].sort((a, b) => b.share - a.share),
      );
      const bars = profile.bars(3);
      assert.equal(bars.length, 3);
      const sum = bars.reduce((total, { value }) => total + value, 0);
      assert.ok(Math.abs(sum - profile.milliseconds) < 1e-6);
      assert.match(`${display(profile)["text/plain"]}`, /time \(ms\)/);
      step(x);
      assert.deepEqual(values(count), [3]);
      step.dispose();
      w.dispose();
      count.dispose();
    });
  });
});
