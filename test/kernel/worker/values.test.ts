/** What cells compute, as the compiler and the worker together make it. */
import assert from "node:assert/strict";
import { Session } from "./session.ts";

describe("A cell's value", () => {
  let session: Session;
  before(async () => {
    session = await Session.start();
  });
  after(() => session.end());

  it("is that of its last expression", async () => {
    assert.equal(await session.value("1 + 2"), "3");
  });
});
