import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, isNative, nativeOp, tf } from "../../../lib/tensorflow/index.ts";
import { withoutLog } from "../../../lib/tensorflow/quiet.ts";
import { needsNativeBackend, projectRoot } from "./setup.ts";

/** Runs a module of its own in a fresh process. */
function run(code: string, { root = projectRoot, env = {} as NodeJS.ProcessEnv } = {}) {
  const { TF_CPP_MIN_LOG_LEVEL: _, ...inherited } = process.env;
  const result = spawnSync(
    process.execPath,
    ["--import", "tsx", "-C", "convnet-lab-source", "--input-type=module", "-e", code],
    { cwd: root, encoding: "utf8", env: { ...inherited, ...env } },
  );
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

describe("TensorFlow under tfjs", function () {
  needsNativeBackend(this);

  it("is the backend, and computes", () => {
    assert.equal(tf.getBackend(), "tensorflow");
    assert.ok(isNative());
    const product = tf.tidy(() =>
      tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).arraySync(),
    );
    assert.deepEqual(product, [[11]]);
  });

  it("rounds integers, and floats to even", () => {
    tf.tidy(() => {
      const integers = tf.round(tf.tensor1d([-3, 0, 5], "int32"));
      assert.equal(integers.dtype, "int32");
      assert.deepEqual([...integers.dataSync()], [-3, 0, 5]);
      assert.deepEqual([...tf.round(tf.tensor1d([0.5, 1.5, -2.5, 2.4])).dataSync()], [0, 2, -2, 2]);
    });
    const before = tf.memory().numTensors;
    const x = tf.tensor1d([1, 2], "int32");
    const y = tf.round(x);
    x.dispose();
    assert.deepEqual([...y.dataSync()], [1, 2]);
    y.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("has the functions that need what newer Nodes removed from util", () => {
    tf.tidy(() => {
      const { values, indices } = tf.topk(tf.tensor1d([3, 9, 5]), 2);
      assert.deepEqual([...values.dataSync()], [9, 5]);
      assert.deepEqual([...indices.dataSync()], [1, 2]);
      assert.deepEqual(tf.concat([tf.ones([1, 2]), tf.zeros([1, 2])]).shape, [2, 2]);
    });
  });

  it("turns wrong shapes and types into errors", () => {
    assert.throws(
      () => tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]))),
      /size-incompatible/,
    );
    assert.throws(
      () => tf.tidy(() => nativeOp("MatMul", [tf.ones([2, 3]), tf.ones([2, 3])], {})),
      /MatMul|T/,
    );
    assert.throws(() => tf.tidy(() => nativeOp("NoSuchOp", [tf.ones([1])])), /NoSuchOp/);
    assert.throws(
      () =>
        tf.tidy(() =>
          nativeOp("Conv2D", [tf.ones([1, 4, 4, 3]), tf.ones([3, 3, 2, 1])], {
            T: { type: "float32" },
            strides: { int: [1, 1, 1, 1] },
            padding: { string: "SAME" },
          }),
        ),
      /depth/,
    );
  });

  it("describes what it computes with", () => {
    const facts = environment();
    assert.equal(facts.node, process.versions.node);
    assert.match(facts.tensorflow ?? "", /^2\.\d+\.\d+/);
    assert.equal(facts.tfjs, "4.22.0");
    assert.equal(facts.backend, "tensorflow");
    assert.ok(facts.devices.length >= 1);
    assert.ok(facts.threads.intraOp >= 1 && facts.threads.interOp >= 1);
    assert.equal(facts.problem, null);
  });

  it("writes nothing while it starts and computes", () => {
    const code = `import { tf } from "convnet-lab/tensorflow";
      tf.conv2d(tf.ones([1, 9, 9, 3]), tf.ones([3, 3, 3, 4]), 1, "same").dataSync(); console.log(tf.getBackend());`;
    assert.deepEqual(run(code), { status: 0, stdout: "tensorflow\n", stderr: "" });
  });

  it("shows TensorFlow's log to those who ask for it", () => {
    const code = `import "convnet-lab/tensorflow"; console.error("and more");`;
    const { stderr } = run(code, { env: { TF_CPP_MIN_LOG_LEVEL: "0" } });
    assert.match(stderr, /This TensorFlow binary is optimized/);
    assert.match(stderr, /and more\n$/);
  });

  it("is registered once, also when its modules are loaded again", () => {
    const door = new URL("../../../lib/tensorflow/index.ts", import.meta.url).href;
    const code = `import { tf } from "${door}";
      const x = tf.tensor1d([1.6]);
      const register = await import("${new URL("register.ts", door).href}?again");
      const again = await import("${door}?again");
      console.log(again.tf.round(x).dataSync()[0], again.tf.memory().numTensors, register.registration.problem);`;
    assert.deepEqual(run(code), { status: 0, stdout: "2 2 undefined\n", stderr: "" });
  });
});

describe("the JavaScript backend", () => {
  const code = `import { environment, tf } from "convnet-lab/tensorflow";
    console.log(tf.getBackend(), tf.scalar(2).square().dataSync()[0], environment().tensorflow);`;

  it("is there on request, without a word", () => {
    const result = run(code, { env: { CONVNET_LAB_BACKEND: "cpu" } });
    assert.deepEqual(result, { status: 0, stdout: "cpu 4 null\n", stderr: "" });
  });

  it("refuses an unknown backend", () => {
    const { status, stderr } = run(code, { env: { CONVNET_LAB_BACKEND: "cuda" } });
    assert.equal(status, 1);
    assert.match(stderr, /CONVNET_LAB_BACKEND is "cuda", expected "tensorflow" or "cpu"/);
  });

  describe("where the addon was not built", () => {
    let root: string;
    before(() => {
      root = mkdtempSync(join(tmpdir(), "no-addon-"));
      for (const name of ["package.json", "tsconfig.json"])
        cpSync(join(projectRoot, name), join(root, name));
      cpSync(join(projectRoot, "lib", "tensorflow"), join(root, "lib", "tensorflow"), {
        recursive: true,
      });
      symlinkSync(join(projectRoot, "node_modules"), join(root, "node_modules"));
    });
    after(() => rmSync(root, { recursive: true }));

    it("steps in with one warning that says why, and what to do", () => {
      const { status, stdout, stderr } = run(code, { root });
      assert.equal(status, 0);
      assert.equal(stdout, "cpu 4 null\n");
      assert.match(
        stderr,
        /^convnet-lab runs on the slow JavaScript backend, because .* has not been built\.\n/,
      );
      assert.match(stderr, /npm start -- --setup-only.*npm run doctor/);
      assert.equal(stderr.trim().split("\n").length, 2);
    });

    it("is an error where TensorFlow was asked for", () => {
      const { status, stderr } = run(code, { root, env: { CONVNET_LAB_BACKEND: "tensorflow" } });
      assert.equal(status, 1);
      assert.match(stderr, /asks for TensorFlow, but .* has not been built/);
    });
  });
});

describe("withoutLog", () => {
  it("drops TensorFlow's lines and keeps all others", () => {
    const text = [
      "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
      "I0000 00:00:1795555294.654844   16699 port.cc:153] oneDNN custom operations are on.",
      "something else",
      "2026-01-02 10:11:12.123456: I tensorflow/core/util/port.cc:113] oneDNN custom operations are on.",
      "E0000 00:00:1795555294.654844   16699 cuda_dnn.cc:8310] Unable to register cuDNN factory",
      "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow",
      "I think: this stays",
      "no newline at the end",
    ].join("\n");
    assert.equal(withoutLog(text), "something else\nI think: this stays\nno newline at the end");
  });
});
