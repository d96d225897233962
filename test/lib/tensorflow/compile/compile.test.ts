import { strict as assert } from "node:assert";
import { CompileError, compile, tf } from "convnet-lab/tensorflow";
import { frozen } from "../../../../lib/tensorflow/compile/function.ts";

const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync() as Float32Array);

/** Runs `fn`, and asserts that it leaves as many tensors as it found. */
function balanced(fn: () => void): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    fn();
  });
  assert.equal(tf.memory().numTensors - before, 0, "tensors leaked");
}

describe("compile()", () => {
  before(function () {
    if (tf.getBackend() !== "tensorflow") {
      this.skip();
    }
  });

  afterEach(() => {
    tf.disposeVariables();
  });

  it("returns what the function returns, at every call and in the same structure", () => {
    balanced(() => {
      const f = compile((x: tf.Tensor, options: { k: number }) => ({
        sum: x.add(options.k),
        list: [x.mul(2), "text", null] as const,
        n: 7,
      }));
      for (let i = 0; i < 3; i++) {
        const result = f(tf.tensor1d([i, i + 1]), { k: 10 });
        assert.deepEqual(values(result.sum), [i + 10, i + 11]);
        assert.deepEqual(values(result.list[0]), [2 * i, 2 * i + 2]);
        assert.equal(result.list[1], "text");
        assert.equal(result.list[2], null);
        assert.equal(result.n, 7);
      }
      assert.equal(f.signatures.length, 1);
      assert.equal(f.signatures[0]?.calls, 2, "the first call is the captured one");
      f.dispose();
    });
  });

  it("hands out tensors that are the caller's own: an argument, a variable, one tensor twice", () => {
    balanced(() => {
      const v = tf.variable(tf.scalar(5));
      const f = compile((x: tf.Tensor) => {
        const y = x.add(1);
        return [x, v, y, y] as tf.Tensor[];
      });
      for (let i = 0; i < 2; i++) {
        const x = tf.scalar(1);
        const results = f(x);
        assert.equal(new Set(results).size, 4);
        tf.dispose(results);
        assert.deepEqual(values(x), [1]);
        assert.deepEqual(values(v), [5]);
      }
      f.dispose();
      v.dispose();
    });
  });

  describe("one step is one step", () => {
    it("counts the capturing call once", () => {
      const count = tf.variable(tf.scalar(0, "int32"));
      const step = compile(() => {
        count.assign(tf.add(count, tf.scalar(1, "int32")));
        return count;
      });
      const seen = Array.from({ length: 4 }, () => values(step())[0]);
      assert.deepEqual(seen, [1, 2, 3, 4]);
      step.dispose();
    });

    it("initializes variables that the capture creates once", () => {
      let slot: tf.Variable | undefined;
      const f = compile((x: tf.Tensor) => {
        slot ??= tf.variable(tf.zerosLike(x));
        slot.assign(tf.add(slot, x));
        return slot;
      });
      const seen = [1, 2, 3].map((x) => values(f(tf.scalar(x)))[0]);
      assert.deepEqual(seen, [1, 3, 6]);
      assert.deepEqual(values(slot as tf.Variable), [6]);
      f.dispose();
    });

    it("leaves variables, tensors and scopes as they were when the function throws", () => {
      balanced(() => {
        const v = tf.variable(tf.tensor1d([1, 2]));
        const names = Object.keys(tf.engine().registeredVariables).length;
        let fail = true;
        const f = compile((x: tf.Tensor) => {
          v.assign(tf.tensor1d([9, 9]));
          const created = tf.tidy(() => tf.variable(x.mul(2)));
          if (fail) throw new Error("boom");
          created.dispose();
          return v.add(x);
        });
        assert.throws(() => f(tf.scalar(1)), /boom/);
        assert.deepEqual(values(v), [1, 2]);
        assert.equal(Object.keys(tf.engine().registeredVariables).length, names);
        fail = false;
        assert.deepEqual(values(f(tf.scalar(1))), [10, 10]);
        f.dispose();
        v.dispose();
      });
    });
  });

  describe("one state", () => {
    it("is shared by captures, signatures and eager code", () => {
      const w = tf.variable(tf.scalar(1));
      const double = compile(() => {
        w.assign(w.mul(2));
      });
      const read = compile((x: tf.Tensor) => w.mul(x));
      double(); // 2
      double(); // 4
      assert.deepEqual(values(w), [4]);
      assert.deepEqual(values(read(tf.scalar(1))), [4]);
      assert.deepEqual(values(read(tf.tensor1d([1, 2]))), [4, 8]);
      w.assign(tf.scalar(10));
      assert.deepEqual(values(read(tf.scalar(1))), [10]);
      double();
      assert.deepEqual(values(w), [20]);
      assert.deepEqual(values(read(tf.tensor1d([1, 2]))), [20, 40]);
      double.dispose();
      double();
      assert.deepEqual(values(w), [40]);
      double.dispose();
      read.dispose();
    });

    it("does not change a snapshot that was taken before", () => {
      const w = tf.variable(tf.scalar(1));
      const increment = compile(() => {
        w.assign(w.add(1));
      });
      const first = w.clone();
      increment();
      const second = w.clone();
      increment();
      const third = w.clone();
      increment();
      assert.deepEqual(
        [first, second, third, w].map((t) => values(t)[0]),
        [1, 2, 3, 4],
      );
      increment.dispose();
    });

    it("keeps the initial tensor of a variable apart from the variable", () => {
      const initial = tf.scalar(3);
      const w = tf.variable(initial);
      const f = compile(() => {
        w.assign(w.add(1));
        return tf.add(w, initial);
      });
      assert.deepEqual(
        [0, 1, 2].map(() => values(f())[0]),
        [7, 8, 9],
      );
      f.dispose();
    });

    it("keeps program order of reads and writes over 1,000 runs", () => {
      const v = tf.variable(tf.tensor1d([0, 0, 0, 0]));
      const f = compile((x: tf.Tensor) => {
        const before = v.mul(1);
        v.assign(tf.fill([4], 5) as tf.Tensor1D);
        const between = v.add(x);
        v.assign(between.add(before) as tf.Tensor1D);
        return [before, between, v.mul(1)] as tf.Tensor[];
      });
      let expected = 0;
      for (let i = 0; i < 1000; i++) {
        tf.tidy(() => {
          const [before, between, after] = f(tf.scalar(i % 7)).map((t) => values(t)[3]);
          assert.equal(before, expected);
          assert.equal(between, 5 + (i % 7));
          expected = Math.fround((between as number) + (before as number));
          assert.equal(after, expected);
          if (expected > 1e6) {
            v.assign(tf.zeros([4]));
            expected = 0;
          }
        });
      }
      f.dispose();
    });

    it("swaps two variables", () => {
      const a = tf.variable(tf.scalar(1));
      const b = tf.variable(tf.scalar(2));
      const swap = compile(() => {
        const old = a.clone();
        a.assign(b);
        b.assign(old);
      });
      for (let i = 0; i < 3; i++) swap();
      assert.deepEqual([values(a)[0], values(b)[0]], [2, 1]);
      swap.dispose();
    });
  });

  describe("nothing freezes silently", () => {
    it("draws random numbers anew at each call, and the same ones for the same seed", () => {
      const draw = () => {
        const f = compile(() => [
          tf.randomUniform([4], 0, 1, "float32", 3),
          tf.randomNormal([4], 0, 1, "float32", 3),
          tf.truncatedNormal([4], 0, 1, "float32", 3),
          tf.dropout(tf.ones([32]), 0.5, undefined, 3),
        ]);
        const runs = [0, 1, 2].map(() => f().map(values));
        f.dispose();
        return runs;
      };
      const runs = draw();
      for (let op = 0; op < 4; op++) {
        const seen = new Set(runs.map((run) => JSON.stringify(run[op])));
        assert.equal(seen.size, 3, `op ${op} repeats itself`);
      }
      assert.deepEqual(draw(), runs);
    });

    it("takes a seed of 0 for one, outside of captures too", () => {
      const draws: Record<string, () => tf.Tensor> = {
        randomNormal: () => tf.randomNormal([4], 0, 1, "float32", 0),
        randomStandardNormal: () => tf.randomStandardNormal([4], "float32", 0),
        truncatedNormal: () => tf.truncatedNormal([4], 0, 1, "float32", 0),
        randomUniform: () => tf.randomUniform([4], 0, 1, "float32", 0),
        randomGamma: () => tf.randomGamma([4], 1, 1, "float32", 0),
        multinomial: () => tf.multinomial(tf.zeros([64]) as tf.Tensor1D, 8, 0),
        "heNormal of a layer": () =>
          tf.layers
            .dense({
              ...{ units: 3, inputShape: [2] },
              kernelInitializer: tf.initializers.heNormal({ seed: 0 }),
            })
            .apply(tf.ones([1, 2])) as tf.Tensor,
      };
      for (const [name, draw] of Object.entries(draws)) {
        tf.tidy(() => assert.deepEqual(values(draw()), values(draw()), name));
      }
    });

    it("has the moments that random ops promise", () => {
      const f = compile(() => [
        tf.randomUniform([20000], -1, 3),
        tf.randomNormal([20000], 2, 0.5),
        tf.randomUniform([20000], 0, 4, "int32"),
        tf.dropout(tf.ones([20000]), 0.2),
      ]);
      f();
      const [uniform, normal, integers, dropped] = f() as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const near = (actual: number, expected: number) =>
        assert.ok(Math.abs(actual - expected) < 0.05, `${actual} is not near ${expected}`);
      near(values(tf.mean(uniform))[0] as number, 1);
      near(values(tf.mean(normal))[0] as number, 2);
      near(values(tf.moments(normal).variance)[0] as number, 0.25);
      assert.deepEqual([...new Set(values(integers))].sort(), [0, 1, 2, 3]);
      near(values(tf.mean(dropped))[0] as number, 1);
      near(values(tf.mean(tf.equal(dropped, 0).cast("float32")))[0] as number, 0.2);
      f.dispose();
    });

    it("makes dropout layers draw new masks", () => {
      const layer = tf.layers.dropout({ rate: 0.5, inputShape: [64] });
      const f = compile((x: tf.Tensor) => layer.apply(x, { training: true }) as tf.Tensor);
      const masks = new Set([0, 1, 2].map(() => values(f(tf.ones([1, 64]))).join()));
      assert.equal(masks.size, 3);
      f.dispose();
    });
  });

  describe("refuses clearly", () => {
    const refuses = (fn: (x: tf.Tensor) => unknown, pattern: RegExp) =>
      balanced(() => {
        const f = compile(fn);
        assert.throws(
          () => f(tf.tensor1d([1, -1, 2])),
          (error: Error) => {
            assert.ok(error instanceof CompileError, String(error));
            assert.match(error.message, pattern);
            return true;
          },
        );
        f.dispose();
      });

    it("reading values, naming the caller's line", () => {
      refuses((x) => x.sum().arraySync(), /reads a tensor's values.*compile\.test\.ts:\d+/);
    });

    it("control flow on values", () => {
      refuses((x) => ((x.max().dataSync()[0] as number) > 0 ? x : x.neg()), /tf\.where/);
    });

    it("async functions", () => {
      refuses(async (x) => x.add(1), /is async/);
    });

    it("ops whose output size depends on data, unless they are the final output", () => {
      refuses((x) => tf.unique(x as tf.Tensor1D).values.add(1), /UniqueV2.*depends on data/);
      balanced(() => {
        const f = compile((x: tf.Tensor) => tf.unique(x as tf.Tensor1D).values);
        assert.deepEqual(values(f(tf.tensor1d([1, 1, 2]))), [1, 2]);
        assert.deepEqual(values(f(tf.tensor1d([1, 3, 2]))), [1, 3, 2]);
        f.dispose();
      });
    });

    it("random numbers that it cannot make", () => {
      refuses((x) => x.add(tf.randomGamma([3], 1)), /randomGamma cannot be captured/);
    });

    it("a tensor that escapes, when it is used", () => {
      let escaped: tf.Tensor | undefined;
      const f = compile((x: tf.Tensor) => {
        escaped = tf.keep(x.add(1));
        return escaped.mul(2);
      });
      f(tf.scalar(1));
      assert.throws(() => (escaped as tf.Tensor).add(1), /Return the tensor from the function/);
      assert.throws(() => (escaped as tf.Tensor).dataSync(), /Return the tensor from the function/);
      (escaped as tf.Tensor).dispose();
      f.dispose();
    });

    it("a variable that was disposed after the capture", () => {
      const v = tf.variable(tf.scalar(1), true, "gone");
      const f = compile((x: tf.Tensor) => v.add(x));
      f(tf.scalar(1));
      v.dispose();
      assert.throws(() => f(tf.scalar(1)), /variable "gone".*has been disposed/);
      f.dispose();
    });
  });

  it("gathers without reading the indices back", () => {
    balanced(() => {
      const f = compile((x: tf.Tensor, i: tf.Tensor) => tf.gather(x, i as tf.Tensor1D));
      for (const index of [0, 2]) {
        const result = f(tf.tensor1d([5, 6, 7]), tf.tensor1d([index], "int32"));
        assert.deepEqual(values(result), [5 + index]);
      }
      f.dispose();
    });
  });

  describe("signatures", () => {
    it("tell shapes, dtypes, other arguments and the trainable set apart", () => {
      balanced(() => {
        const f = compile((x: tf.Tensor, training: boolean) => (training ? x.mul(2) : x.mul(3)));
        f(tf.scalar(1), true);
        f(tf.scalar(1), false);
        f(tf.scalar(1, "int32"), false);
        f(tf.tensor1d([1]), false);
        f(tf.tensor1d([2]), false);
        assert.equal(f.signatures.length, 4);
        f.dispose();

        const w = tf.variable(tf.scalar(1));
        const g = compile((x: tf.Tensor) => {
          const { value, grads } = tf.variableGrads(
            () => tf.mul(w, x).add(bias).asScalar(),
            Object.values(tf.engine().registeredVariables).filter((v) => v.trainable),
          );
          return [value, ...Object.values(grads)];
        });
        const bias = tf.variable(tf.scalar(1));
        assert.equal(g(tf.scalar(2)).length, 3);
        bias.trainable = false;
        assert.equal(g(tf.scalar(2)).length, 2);
        bias.trainable = true;
        assert.equal(g(tf.scalar(2)).length, 3);
        assert.equal(g.signatures.length, 2);
        g.dispose();
        w.dispose();
        bias.dispose();
      });
    });

    it("are kept in a bounded cache", () => {
      balanced(() => {
        const f = compile((x: tf.Tensor, k: number) => x.mul(k), { cacheSize: 2 });
        for (const k of [1, 2, 1, 3]) f(tf.scalar(1), k);
        assert.equal(f.signatures.length, 2);
        // 2 was the one not used for the longest time.
        assert.deepEqual(
          f.signatures.map((s) => s.signature.includes('"2"')),
          [false, false],
        );
        assert.deepEqual(values(f(tf.scalar(4), 2)), [8]);
        f.dispose();
        assert.equal(f.signatures.length, 0);
      });
      assert.throws(() => compile(() => {}, { cacheSize: 0 }), /cacheSize must be an integer/);
    });
  });

  it("runs inline in another compiled function and under tf.grad", () => {
    balanced(() => {
      const square = compile((x: tf.Tensor) => x.square());
      const cube = compile((x: tf.Tensor) => square(x).mul(x));
      assert.deepEqual(
        [2, 3].map((x) => values(cube(tf.scalar(x)))[0]),
        [8, 27],
      );
      assert.equal(square.signatures.length, 0);
      assert.deepEqual(values(tf.grad((x: tf.Tensor) => square(x))(tf.scalar(3))), [6]);
      const slope = compile((x: tf.Tensor) => tf.grad((z: tf.Tensor) => square(z))(x));
      assert.deepEqual(
        [2, 3].map((x) => values(slope(tf.scalar(x)))[0]),
        [4, 6],
      );
      for (const f of [square, cube, slope]) f.dispose();
    });
  });

  it("takes int32, bool, string and complex64", () => {
    balanced(() => {
      const f = compile((...xs: tf.Tensor[]) => xs.map((x) => tf.stack([x, x])));
      for (let i = 0; i < 2; i++) {
        const results = f(
          tf.scalar(3 + i, "int32"),
          tf.scalar(i === 1, "bool"),
          tf.scalar(`ü${i}`),
        );
        assert.deepEqual(
          results.map((r) => r.arraySync()),
          [
            [3 + i, 3 + i],
            [i, i],
            [`ü${i}`, `ü${i}`],
          ],
        );
        assert.deepEqual(
          results.map((r) => r.dtype),
          ["int32", "bool", "string"],
        );
      }
      f.dispose();
    });
  });

  it("uses tensors from outside as arguments, and keeps them", () => {
    balanced(() => {
      const outside = tf.tensor1d([1, 2, 3]);
      const f = compile((x: tf.Tensor) => x.add(outside));
      f(tf.scalar(1));
      outside.dispose();
      assert.deepEqual(values(f(tf.scalar(2))), [3, 4, 5]);
      f.dispose();
    });
  });

  describe("freeze", () => {
    it("gives the same values, and new ones after any change of a weight", () => {
      const before = tf.memory().numTensors;
      const w = tf.tidy(() => tf.variable(tf.tensor2d([[1, 2]])));
      const f = compile((x: tf.Tensor) => x.matMul(w.transpose()), { freeze: true });
      const step = compile(() => {
        w.assign(w.mul(2));
      });
      const ask = (): number => tf.tidy(() => values(f(tf.tensor2d([[1, 1]])))[0] as number);
      assert.deepEqual([ask(), ask(), ask()], [3, 3, 3]);
      tf.tidy(() => w.assign(tf.tensor2d([[5, 5]])));
      assert.deepEqual([ask(), ask()], [10, 10]);
      step();
      assert.deepEqual([ask(), ask()], [20, 20]);
      step();
      assert.equal(ask(), 40);
      f.dispose();
      step.dispose();
      w.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    it("warns, once for each signature, where it copies much", () => {
      const w = tf.variable(tf.zeros([1000]));
      const [limit, warn, lines] = [frozen.limit, console.warn, [] as string[]];
      console.warn = (line: string) => lines.push(line);
      try {
        const ask = (name: string) => {
          const f = compile((x: tf.Tensor) => x.add(w), { freeze: true, name });
          tf.tidy(() => [f(tf.scalar(1)), f(tf.scalar(2)), f(tf.scalar(3))]);
          f.dispose();
        };
        frozen.limit = 4000;
        ask("small");
        assert.deepEqual(lines, []);
        frozen.limit = 3999;
        ask("large");
        assert.equal(lines.length, 1);
        assert.match(lines.join(), /freezing large copies 0 MB of weights into its graph/);
      } finally {
        frozen.limit = limit;
        console.warn = warn;
      }
      w.dispose();
      assert.equal(limit, 500e6);
    });

    it("is refused for a function that trains", () => {
      const w = tf.variable(tf.scalar(1));
      const f = compile(() => w.assign(w.add(1)), { freeze: true });
      assert.throws(() => f(), /assigns a variable, so its weights cannot be constants/);
      assert.deepEqual(values(w), [1]);
    });

    it("names a variable that was disposed", () => {
      const w = tf.variable(tf.scalar(1), true, "lost");
      const f = compile((x: tf.Tensor) => x.add(w), { freeze: true });
      f(tf.scalar(1));
      f(tf.scalar(1));
      w.dispose();
      assert.throws(() => f(tf.scalar(1)), /variable "lost".*has been disposed/);
      f.dispose();
    });
  });

  it("trains as eager code does, over 20 steps, through batches of two sizes", () => {
    const data = tf.tidy(() => {
      const x = tf.randomNormal([48, 6], 0, 1, "float32", 1);
      const y = x
        .slice([0, 0], [48, 1])
        .sin()
        .add(x.slice([0, 1], [48, 1]));
      return [x, y] as const;
    });
    const train = (compiled: boolean): { weights: number[]; losses: number[] } => {
      const model = tf.sequential({
        layers: [
          tf.layers.dense({
            units: 8,
            activation: "tanh",
            inputShape: [6],
            kernelInitializer: tf.initializers.glorotUniform({ seed: 5 }),
          }),
          tf.layers.batchNormalization(),
          tf.layers.dense({
            units: 1,
            kernelInitializer: tf.initializers.glorotUniform({ seed: 6 }),
          }),
        ],
      });
      const optimizer = tf.train.adam(0.01);
      const step = (x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
        optimizer.minimize(
          () => tf.losses.meanSquaredError(y, model.apply(x, { training: true }) as tf.Tensor),
          true,
        ) as tf.Scalar;
      const run = compiled ? compile(step) : step;
      const losses: number[] = [];
      for (let i = 0; i < 20; i++) {
        const size = i % 3 === 2 ? 8 : 16;
        tf.tidy(() => {
          const x = data[0].slice([(i % 2) * 16, 0], [size, 6]);
          const y = data[1].slice([(i % 2) * 16, 0], [size, 1]);
          losses.push(values(run(x, y))[0] as number);
        });
      }
      const weights = model.getWeights().flatMap(values);
      if (compiled) assert.equal((run as ReturnType<typeof compile>).signatures.length, 2);
      tf.disposeVariables();
      return { weights, losses };
    };
    const eager = train(false);
    const graph = train(true);
    const close = (a: number[], b: number[]) =>
      a.forEach((x, i) => {
        assert.ok(
          Math.abs(x - (b[i] as number)) <= 1e-5 * Math.max(1, Math.abs(x)),
          `value ${i}: ${x} and ${b[i]}`,
        );
      });
    close(eager.losses, graph.losses);
    close(eager.weights, graph.weights);
    assert.ok((graph.losses.at(-1) as number) < (graph.losses[0] as number));
    tf.dispose([...data]);
  });
});
