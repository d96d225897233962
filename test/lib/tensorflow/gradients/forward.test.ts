import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { depthwiseConv2d } from "convnet-lab/layers";
import { compile, packageRoot, tf } from "convnet-lab/tensorflow";
import { close, inputValues } from "./numeric.ts";

const random = (seed: number, ...shape: number[]): tf.Tensor4D =>
  inputValues({ shape, values: "around zero" }, seed) as tf.Tensor4D;

/** [n, m, …] with d − 1 zeros between rows and between columns: the kernel that dilation stands for. */
function stretched(filter: tf.Tensor4D, d: number): tf.Tensor4D {
  const [rows, columns, a, b] = filter.shape;
  const apart = tf.pad(tf.reshape(filter, [rows, 1, columns, 1, a * b]), [
    ...([
      [0, 0],
      [0, d - 1],
      [0, 0],
      [0, d - 1],
      [0, 0],
    ] as [number, number][]),
  ]);
  const whole = tf.reshape(apart, [rows * d, columns * d, a, b]);
  const size = [(rows - 1) * d + 1, (columns - 1) * d + 1, a, b];
  return tf.slice(whole, [0, 0, 0, 0], size) as tf.Tensor4D;
}

describe("kernels that tfjs lacks or has wrong", () => {
  before(function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
  });
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  for (const pad of ["same", "valid"] as const) {
    it(`dilates as a stretched kernel does, ${pad}`, () => {
      const x = random(1, 2, 9, 8, 3);
      const filter = random(2, 3, 3, 3, 2);
      const wide = stretched(filter, 2);
      close(tf.conv2d(x, filter, 1, pad, "NHWC", 2), tf.conv2d(x, wide, 1, pad), "conv2d");
      close(
        tf.depthwiseConv2d(x, filter, 1, pad, "NHWC", 2),
        tf.depthwiseConv2d(x, wide, 1, pad),
        "depthwise",
      );
    });
  }

  it("stretches the kernel [1, 2, 3] dilated by 4 to [1, 0, 0, 0, 2, 0, 0, 0, 3]", () => {
    const impulse = tf.tensor3d([...new Array(8).fill(0), 1, ...new Array(8).fill(0)], [1, 17, 1]);
    const kernel = tf.tensor3d([1, 2, 3], [3, 1, 1]);
    const answer = tf.conv1d(impulse, kernel, 1, "valid", "NWC", 4);
    assert.deepEqual([...answer.dataSync()].reverse(), [1, 0, 0, 0, 2, 0, 0, 0, 3]);
  });

  it("dilates in three dimensions as a stretched kernel does", () => {
    const x = inputValues({ shape: [1, 7, 6, 6, 2], values: "around zero" }, 3) as tf.Tensor5D;
    const filter = inputValues({ shape: [2, 2, 2, 2, 3], values: "around zero" }, 4) as tf.Tensor5D;
    const wide = tf.buffer([3, 3, 3, 2, 3]);
    const values = filter.arraySync();
    for (const [i, j, k] of [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n >> 2, (n >> 1) & 1, n & 1])) {
      for (let a = 0; a < 2; a++) {
        for (let b = 0; b < 3; b++) {
          const at = [i, j, k] as [number, number, number];
          const value = values[at[0]]?.[at[1]]?.[at[2]]?.[a]?.[b] as number;
          wide.set(value, ...at.map((n) => 2 * n), a, b);
        }
      }
    }
    close(
      tf.conv3d(x, filter, 1, "same", "NDHWC", 2),
      tf.conv3d(x, wide.toTensor() as tf.Tensor5D, 1, "same"),
      "conv3d",
    );
  });

  it("pads by numbers", () => {
    const x = random(1, 1, 7, 6, 2);
    const filter = random(2, 3, 3, 2, 2);
    const padded = tf.pad(x, [
      [0, 0],
      [2, 2],
      [2, 2],
      [0, 0],
    ]);
    close(
      tf.conv2d(x, filter, 2, 2, "NHWC", 1, "floor"),
      tf.conv2d(padded, filter, 2, "valid"),
      "conv2d",
    );
  });

  it("has a depthwise layer that dilates", () => {
    const layer = depthwiseConv2d({
      ...{ kernelSize: 3, dilationRate: 2, padding: "valid", inputShape: [9, 8, 2] },
      ...{ activation: "relu", depthMultiplier: 2 },
    });
    const model = tf.sequential({ layers: [layer] });
    assert.deepEqual(model.outputShape, [null, 5, 4, 4]);
    const x = random(1, 2, 9, 8, 2);
    const kernel = layer.getWeights()[0] as tf.Tensor4D;
    const expected = tf.relu(tf.depthwiseConv2d(x, stretched(kernel, 2), 1, "valid"));
    close(model.predict(x) as tf.Tensor, expected, "layer");
    const again = tf.sequential({ layers: [depthwiseConv2d(layer.getConfig() as never)] });
    again.setWeights(model.getWeights());
    close(again.predict(x) as tf.Tensor, expected, "layer from its configuration");
    assert.throws(
      () => depthwiseConv2d({ kernelSize: 3, dilationRate: 2, strides: 2 }),
      /strides 2,2 and is dilated by 2,2/,
    );
    model.dispose();
    again.dispose();
  });

  it("turns pictures as tfjs' other backends do", () => {
    const x = random(5, 1, 5, 6, 4);
    const values = x.arraySync()[0] as number[][][];
    const turned = tf.image.rotateWithOffset(x, 0.7, [9, 8, 7], [0.3, 0.6]).arraySync()[0];
    const [cx, cy] = [0.3 * 6, 0.6 * 5];
    const fill = [9, 8, 7, 255];
    for (let row = 0; row < 5; row++) {
      for (let column = 0; column < 6; column++) {
        const u = (column - cx) * Math.cos(0.7) - (row - cy) * Math.sin(0.7) + cx;
        const v = (column - cx) * Math.sin(0.7) + (row - cy) * Math.cos(0.7) + cy;
        const expected = values[Math.round(v)]?.[Math.round(u)] ?? fill;
        assert.deepEqual(turned?.[row]?.[column], expected, `${row}, ${column}`);
      }
    }
  });

  it("expands dimensions in a compiled function", () => {
    const f = compile((x: tf.Tensor) => tf.expandDims(x, -1));
    f(tf.ones([2, 3]));
    assert.deepEqual(f(tf.ones([2, 3])).shape, [2, 3, 1]);
    f.dispose();
  });

  it("refuses the gradient of an einsum with a repeated letter", () => {
    const trace = (x: tf.Tensor) => tf.sum(tf.einsum("ii->i", x));
    assert.throws(() => tf.grad(trace)(tf.ones([3, 3])), /"ii" repeats a letter/);
  });

  it("is registered once, also where the module is loaded again", async () => {
    const registered = () => [
      ...["Conv2D", "Maximum", "ResizeBilinear"].map((name) => tf.getGradient(name).gradFunc),
      ...["Conv3D", "GatherV2"].map((name) => tf.getKernel(name, "tensorflow").kernelFunc),
    ];
    const first = registered();
    const module = pathToFileURL(`${packageRoot()}/lib/tensorflow/register.ts`).href;
    await import(`${module}?again`);
    assert.deepEqual(
      registered().map((fn, i) => fn === first[i]),
      first.map(() => true),
    );
  });

  it("works without oneDNN", function () {
    this.timeout(120_000);
    const test = fileURLToPath(new URL("./gradients.test.ts", import.meta.url));
    const mocha = `${packageRoot()}/node_modules/mocha/bin/mocha.js`;
    const { status, stdout } = spawnSync(process.execPath, [mocha, test, "-g", "convolutions"], {
      cwd: packageRoot(),
      env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: "0" },
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /\d\d passing/);
  });
});
