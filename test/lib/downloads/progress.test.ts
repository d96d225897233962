import assert from "node:assert/strict";
import { progressText } from "../../../lib/downloads/progress.ts";

describe("progressText", () => {
  it("draws what has come of a known total", () => {
    const text = (received: number) => progressText({ received, total: 10e6 }, 10);
    assert.equal(text(0), "[··········]   0 %  0.0 of 10.0 MB");
    assert.equal(text(5.7e6), "[██████····]  57 %  5.7 of 10.0 MB");
    assert.equal(text(10e6), "[██████████] 100 %  10.0 of 10.0 MB");
  });
  it("counts where the total is not known", () => {
    assert.equal(progressText({ received: 1_250_000, total: undefined }), "1.3 MB");
  });
});
