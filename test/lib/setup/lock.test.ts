import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { withLock } from "../../../lib/setup/engine/lock.mjs";
import { Interrupted } from "../../../lib/setup/engine/problem.mjs";
import { setupFolder } from "../../../lib/setup/paths.mjs";
import { cleanUp, startNode, temporaryFolder, until } from "./helpers.ts";

describe("set-up lock", () => {
  afterEach(cleanUp);

  /** A process that holds the lock of a folder until it is killed. */
  async function holder(folder: string) {
    const script = join(folder, "hold.mjs");
    const lock = pathToFileURL(join(setupFolder, "engine", "lock.mjs")).href;
    writeFileSync(
      script,
      `import { withLock } from ${JSON.stringify(lock)};
       await withLock(${JSON.stringify(folder)}, async () => {
         console.log("held");
         await new Promise((resolve) => setTimeout(resolve, 1e6));
       });`,
    );
    const run = startNode([script]);
    await until(() => run.output().includes("held"));
    return run;
  }

  it("lets one at a time work in a folder", async () => {
    const folder = temporaryFolder();
    const events: string[] = [];
    const work = (name: string) => () =>
      withLock(folder, async () => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 30));
        events.push(`${name} ends`);
      });
    await Promise.all([work("a")(), work("b")(), work("c")()]);
    const order = events.filter((event) => event.endsWith("begins"));
    assert.equal(order.length, 3);
    assert.deepEqual(
      events,
      order.flatMap((event) => [event, event.replace("begins", "ends")]),
    );
  });

  it("does not keep those apart who work in different folders", async () => {
    const inner = await withLock(temporaryFolder(), () =>
      withLock(temporaryFolder(), async () => "both held"),
    );
    assert.equal(inner, "both held");
  });

  it("is free again after an error", async () => {
    const folder = temporaryFolder();
    await assert.rejects(
      withLock(folder, async () => {
        throw new Error("no");
      }),
    );
    assert.equal(await withLock(folder, async () => "held"), "held");
  });

  it("is free again when its holder was killed, and tells who that is until then", async () => {
    const folder = temporaryFolder();
    const other = await holder(folder);
    let toldPid = "";
    const waiting = withLock(folder, async () => "held", {
      onWait: (pid) => {
        toldPid = pid;
        other.child.kill("SIGKILL");
      },
    });
    assert.equal(await waiting, "held");
    assert.equal(toldPid, String(other.child.pid));
  });

  it("can be given up while waiting", async () => {
    const folder = temporaryFolder();
    await holder(folder);
    const abort = new AbortController();
    const waiting = withLock(folder, async () => "held", {
      signal: abort.signal,
      onWait: () => abort.abort(),
    });
    await assert.rejects(waiting, Interrupted);
  });
});
