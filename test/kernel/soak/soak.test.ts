/** A short soak; `npm run soak` is the long one. */
import assert from "node:assert/strict";
import { soak } from "./soak.ts";
import { spareDescriptors, spareProcesses } from "./verdict.ts";

describe("A kernel over many cells of all kinds", () => {
  it("loses no end of any, and leaks neither processes nor descriptors", async function () {
    if (process.platform !== "linux") this.skip();
    this.timeout(120_000);
    const { problems, usage, counts } = await soak({
      ...{ cells: 300, reloads: 10, warmUp: 60, seed: 7, log: () => {} },
    });
    assert.deepEqual(problems, []);
    const [first, last] = [usage[0]!, usage.at(-1)!];
    assert.ok(last.processes <= first.processes + spareProcesses);
    assert.ok(last.descriptors <= first.descriptors + spareDescriptors);
    assert.ok((counts.exit ?? 0) > 0 && (counts.plain ?? 0) > 100);
  });
});
