import assert from "node:assert/strict";
import {
  addCounts,
  formatCounts,
  parseCounts,
  withExitCode,
} from "../../../lib/setup/commands/test-counts.mjs";

describe("test counts", () => {
  it("are added up and written in one line", () => {
    const sum = addCounts(
      { passed: 3, failed: 1, skipped: 0 },
      { passed: 10, failed: 0, skipped: 2 },
    );
    assert.equal(formatCounts(sum), "13 passed, 1 failed, 2 skipped");
  });

  it("are read from the last such line of an output", () => {
    const text =
      "lesson 5\n1 passed, 0 failed, 0 skipped\nall:\n7 passed, 2 failed, 1 skipped\nbye\n";
    assert.deepEqual(parseCounts(text), { passed: 7, failed: 2, skipped: 1 });
  });

  it("are not made up where there are none", () => {
    assert.equal(parseCounts("Error: 5 passed\n"), undefined);
  });

  it("hold a failure where only the exit code tells of one", () => {
    const counts = { passed: 2, failed: 0, skipped: 0 };
    assert.deepEqual(withExitCode(counts, false), { ...counts, failed: 1 });
    assert.deepEqual(withExitCode(counts, true), counts);
    assert.deepEqual(withExitCode({ ...counts, failed: 3 }, false), { ...counts, failed: 3 });
  });
});
