import assert from "node:assert/strict";
import { diffLines, sameText } from "./text.ts";

const rules = { tolerance: 1e-3, timed: false };

describe("texts with numbers", () => {
  const same = (a: string, b: string, timed = false) => sameText(a, b, { ...rules, timed });

  it("are the same within the tolerance of their numbers", () => {
    assert.ok(same("loss 0.12345", "loss 0.12349"));
    assert.ok(same("1.5e-3, 1,234.56", "1.5004e-3, 1,234.58"));
    assert.ok(same("error 3.1e-8", "error 2.2e-7"), "rounding noise around zero");
    assert.ok(same("100.0 %", "99.95 %"));
    assert.ok(!same("loss 0.1234", "loss 0.1237"));
    assert.ok(!same("-0.5", "0.5"));
    assert.ok(!same("0.5", "NaN"));
  });

  it("have the same whole numbers", () => {
    assert.ok(!same("21,797,672 parameters", "21,797,671 parameters"));
    assert.ok(!same("epoch 1000000", "epoch 1000001"));
    assert.ok(same("[1, 224, 224, 3]", "[1, 224, 224, 3]"));
  });

  it("have the same words, whatever the padding of columns", () => {
    assert.ok(same("| 9.9999 |", "| 10.000  |"));
    assert.ok(!same("daisy 11.0 %", "tulip 11.0 %"));
    assert.ok(!same("a\nb", "a b"));
    assert.ok(!same("1.0", "1.0 2.0"));
  });

  it("have durations that do not count only where the cell says so", () => {
    assert.ok(same("12 ms a step, 620 images/s", "1.5 s a step, 9.25 images/s", true));
    assert.ok(!same("12 ms", "13 ms"));
    assert.ok(!same("12 ms, 3 layers", "13 ms, 4 layers", true));
  });

  it("have numbers of claims that do not count, as the claims have judged them", () => {
    const claim = (value: string) => `PASSED  accuracy: ${value}, expected at least 0.9\n`;
    assert.ok(same(claim("0.95"), claim("0.99")));
    assert.ok(same("SKIPPED loss: 1.5e-3 (trained)", "SKIPPED loss: 2 (trained)"));
    assert.ok(!same(claim("0.95"), claim("0.95").replace("0.9\n", "0.8\n")));
    assert.ok(!same(claim("0.95"), claim("not measured")));
    assert.ok(!same("PASSED  4,652,008 parameters", "PASSED  4,652,009 parameters"));
    assert.ok(!same("loss: 0.95, expected at least 0.9", "loss: 0.99, expected at least 0.9"));
  });

  it("show the lines that differ, with those around them", () => {
    const old = ["a", "b", "c", "d 0.5", "e", "f", "g"].join("\n");
    const now = ["a", "b", "c", "d 0.6", "e", "f", "g", "h"].join("\n");
    assert.deepEqual(diffLines(now, old, rules), [
      ...["  b", "  c", "- d 0.5", "+ d 0.6", "  e", "  f", "  g", "+ h"],
    ]);
    assert.deepEqual(diffLines("x 1.00001", "x 1.00002", rules), []);
  });
});
