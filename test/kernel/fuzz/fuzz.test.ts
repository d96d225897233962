/** A short fuzz run; `npm run fuzz` is the long one. */
import assert from "node:assert/strict";
import { fuzz } from "./fuzz.ts";

describe("A kernel that is sent broken messages among whole ones", () => {
  it("answers all that are requests, ignores the rest, and logs each kind once", async () => {
    const { problems, log } = await fuzz({ messages: 750, seed: 3, log: () => {} });
    assert.deepEqual(problems, []);
    assert.ok(log.length < 40, log.join("\n"));
  });
});
