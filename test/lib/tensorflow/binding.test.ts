import assert from "node:assert/strict";
import { tf } from "../../../lib/tensorflow/index.ts";
import { registration } from "../../../lib/tensorflow/register.ts";
import type { Binding } from "../../../lib/tensorflow/tfjs-node.ts";
import { needsNativeBackend } from "./setup.ts";

/** GraphDef of `output = x + x` by hand: messages of (field, bytes), numbers below 128. */
function doublingGraph(): Uint8Array {
  const bytes = (field: number, content: Buffer | string) => {
    const data = Buffer.from(content);
    return Buffer.concat([Buffer.from([(field << 3) | 2, data.length]), data]);
  };
  const float = Buffer.from([(6 << 3) | 0, 1]); // AttrValue.type = DT_FLOAT
  const attribute = (name: string) => bytes(5, Buffer.concat([bytes(1, name), bytes(2, float)]));
  const x = Buffer.concat([bytes(1, "x"), bytes(2, "Placeholder"), attribute("dtype")]);
  const sum = Buffer.concat([
    ...[bytes(1, "sum"), bytes(2, "AddV2"), bytes(3, "x"), bytes(3, "x"), attribute("T")],
  ]);
  // versions.producer, without which the graph counts as older than any op
  const versions = bytes(4, Buffer.from([(1 << 3) | 0, 0x8f, 0x0f]));
  return Buffer.concat([bytes(1, x), bytes(1, sum), versions]);
}

describe("the native addon", function () {
  needsNativeBackend(this);
  let binding: Binding;
  before(() => {
    binding = registration.binding as Binding;
  });
  const float = (...values: number[]) =>
    binding.createTensor([values.length], binding.TF_FLOAT, Float32Array.from(values));
  const identity = (id: number, outputs: number) =>
    binding.executeOp(
      "Identity",
      [{ name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }],
      [id],
      outputs,
    );

  it("runs a registered function like an op until it is removed", () => {
    const before = binding.getNumOfTensors();
    binding.addFunction("double_test", doublingGraph(), ["x"], ["sum:0"], []);
    const x = float(1, 2.5);
    const [y] = binding.executeOp("double_test", [], [x], 1);
    assert.ok(y);
    assert.deepEqual(y.shape, [2]);
    assert.deepEqual([...binding.tensorDataSync(y.id)], [2, 5]);
    binding.removeFunction("double_test");
    assert.throws(() => binding.executeOp("double_test", [], [x], 1), /double_test/);
    for (const id of [x, y.id]) binding.deleteTensor(id);
    assert.equal(binding.getNumOfTensors(), before);
  });

  it("refuses functions whose inputs or outputs are not in the graph", () => {
    const graph = doublingGraph();
    const add = (inputs: string[], outputs: string[], controls: string[] = []) =>
      binding.addFunction("refused", graph, inputs, outputs, controls);
    assert.throws(() => add(["y"], ["sum"]), /no operation "y"/);
    assert.throws(() => add(["x"], ["total"]), /no operation "total"/);
    assert.throws(() => add(["x"], ["sum:1"]), /"sum" has 1 outputs.*"sum:1"/);
    assert.throws(() => add(["x"], ["sum:-1"]), /no output "sum:-1"/);
    assert.throws(() => add(["x"], ["sum"], ["missing"]), /no operation "missing"/);
    assert.throws(
      () => binding.addFunction("refused", new Uint8Array([1, 2]), [], [], []),
      /GraphDef/,
    );
    assert.throws(
      () => (binding.addFunction as (name: string) => void)("f"),
      /expects \(name: string/,
    );
    assert.throws(
      () => binding.addFunction("f", new Float32Array(2) as never, [], [], []),
      /Uint8Array/,
    );
    assert.throws(() => binding.removeFunction("never_added"), /never_added/);
  });

  it("lists devices", () => {
    const devices = binding.devices();
    assert.ok(devices.some(({ type }) => type === "CPU"));
    for (const { name, memory } of devices) {
      assert.match(name, /device:(CPU|GPU):\d+$/);
      assert.ok(memory >= 0);
    }
  });

  it("answers wrong calls with errors", () => {
    const x = float(1, 2);
    assert.throws(() => binding.executeOp("NoSuchOp", [], [], 1), /NoSuchOp/);
    assert.throws(() => identity(x, -1), /negative/);
    assert.equal(identity(x, 3).length, 1);
    assert.throws(() => identity(1e9, 1), /not referenced/);
    assert.throws(
      () => binding.createTensor([3], binding.TF_FLOAT, new Float32Array(2)),
      /does not match/,
    );
    assert.throws(
      () => binding.createTensor([1], binding.TF_INT32, new Float32Array(1)),
      /does not match/,
    );
    assert.throws(
      () => binding.createTensor([3], binding.TF_STRING, ["a"] as never),
      /typed-array|Shape/,
    );
    assert.throws(
      () => binding.createTensor([2], binding.TF_STRING, [new Uint8Array(1)] as never),
      /does not match/,
    );
    binding.deleteTensor(x);
    assert.throws(() => binding.deleteTensor(x), /not referenced/);
  });

  it("refuses shapes that no tensor has, where TensorFlow would end the process", () => {
    const float =
      (shape: number[], length = 1) =>
      () =>
        binding.createTensor(shape, binding.TF_FLOAT, new Float32Array(length));
    const text = (shape: number[]) => () =>
      binding.createTensor(shape, binding.TF_STRING, [new Uint8Array(1)] as never);
    for (const create of [float, text]) {
      assert.throws(create([-1, -1]), /dimension of a tensor is -1/);
      assert.throws(create([2 ** 32, 2 ** 32]), /dimension of a tensor is 4294967296/);
      assert.throws(create(Array(300).fill(1)), /at most 254 dimensions, not 300/);
    }
    assert.throws(() => tf.tensor(new Float32Array(1), Array(300).fill(1)).square(), /at most 254/);
    const empty = float([0, 5], 0)();
    assert.equal(binding.tensorDataSync(empty).length, 0);
    binding.deleteTensor(empty);
  });

  it("copies the data of a tensor, so later changes in JavaScript do not reach it", () => {
    const data = Float32Array.of(1, 2);
    const x = binding.createTensor([2], binding.TF_FLOAT, data);
    data[0] = 7;
    assert.deepEqual([...binding.tensorDataSync(x)], [1, 2]);
    binding.deleteTensor(x);
  });

  it("keeps a string tensor alive that shares its data with a deleted one", () => {
    const texts = ["short", "longer than what fits into the string itself"];
    const x = binding.createTensor(
      [2],
      binding.TF_STRING,
      texts.map((text) => Buffer.from(text)) as never,
    );
    const type = { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_STRING };
    const [y] = binding.executeOp("Identity", [type], [x], 1);
    binding.deleteTensor(x);
    const read = binding.tensorDataSync(y?.id as number) as unknown as Uint8Array[];
    assert.deepEqual(
      read.map((text) => Buffer.from(text).toString()),
      texts,
    );
    binding.deleteTensor(y?.id as number);
  });
});
