import assert from "node:assert/strict";
import { check, GateError, gate, skip } from "../../../lib/lesson/index.ts";

describe("lesson gates", () => {
  const lines: string[] = [];
  const { log } = console;
  const settings = process.env.CONVNET_LAB_SETTINGS;

  beforeEach(() => {
    lines.length = 0;
    delete process.env.CONVNET_LAB_SETTINGS;
    console.log = (line: string) => lines.push(line);
  });
  afterEach(() => {
    console.log = log;
    if (settings === undefined) delete process.env.CONVNET_LAB_SETTINGS;
    else process.env.CONVNET_LAB_SETTINGS = settings;
  });

  /** Prints before it asserts: mocha's own lines must not land in ours. */
  const printed = () => {
    console.log = log;
    return lines;
  };

  it("pass a value inside its range, both ends included", () => {
    gate("accuracy", 0.9955, { quick: { atLeast: 1 }, full: { atLeast: 0.9955 } });
    gate("parameters", 903_400, { quick: "", full: { atLeast: 903_400, atMost: 903_400 } });
    gate("error", 1e-3, { quick: "", full: { atMost: 1e-3 } });
    gate("boxes", 4, { quick: "", full: { atLeast: 3, atMost: 5 } });
    assert.deepEqual(printed(), [
      "PASSED  accuracy: 0.9955, expected at least 0.9955",
      "PASSED  parameters: 903400, expected exactly 903400",
      "PASSED  error: 0.001, expected at most 0.001",
      "PASSED  boxes: 4, expected from 3 to 5",
    ]);
  });

  it("fail a value outside of it, and say which, what and where", () => {
    const fails = () => gate("accuracy", 0.99549, { quick: "", full: { atLeast: 0.9955 } });
    assert.throws(
      fails,
      new GateError("accuracy: 0.99549, expected at least 0.9955 with full settings"),
    );
    assert.deepEqual(printed(), [
      "FAILED  accuracy: 0.99549, expected at least 0.9955 with full settings",
    ]);
  });

  it("fail what is not a number or was not measured", () => {
    for (const value of [NaN, undefined]) {
      assert.throws(() => gate("loss", value, { quick: "", full: { atMost: 1 } }), GateError);
    }
  });

  it("ask of a quick run what a quick run promises", () => {
    process.env.CONVNET_LAB_SETTINGS = "quick";
    gate("accuracy", 0.6, { quick: { atLeast: 0.5 }, full: { atLeast: 0.99 } });
    gate("mean of three seeds", 0.6, { quick: "one seed only", full: { atLeast: 0.99 } });
    gate("top-1", undefined, { quick: "no photos", full: { atLeast: 0.99 } });
    assert.deepEqual(printed(), [
      "PASSED  accuracy: 0.6, expected at least 0.5",
      "SKIPPED mean of three seeds: 0.6 (one seed only)",
      "SKIPPED top-1: not measured (no photos)",
    ]);
  });

  it("refuse settings and ranges that mean nothing", () => {
    const wrong = () => gate("a", 1, { quick: "", full: { atLeast: 2, atMost: 1 } });
    assert.throws(wrong, /"a" has the range .*expected numbers, atLeast ≤ atMost/);
    assert.throws(() => gate("a", 1, { quick: "", full: { atLeast: NaN } }), RangeError);
    process.env.CONVNET_LAB_SETTINGS = "fast";
    assert.throws(() => gate("a", 1, { quick: "", full: "" }), /is "fast": expected "quick" or/);
  });

  it("check plain claims, and skip those that cannot be checked", () => {
    check("flower.jpg is a daisy", true);
    skip("ResNet-50 agrees", "its weights are not in the cache");
    assert.throws(() => check("flower.jpg is a daisy", false, ["bee"]), /found \[ 'bee' \]/);
    assert.deepEqual(printed(), [
      "PASSED  flower.jpg is a daisy",
      "SKIPPED ResNet-50 agrees (its weights are not in the cache)",
      "FAILED  flower.jpg is a daisy: does not hold, found [ 'bee' ]",
    ]);
  });
});
