/** jupyter-console, driven as a person does. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runPython } from "../conformance/jupyter.ts";
import { usePeers } from "./hooks.ts";

const script = fileURLToPath(new URL("console.py", import.meta.url));

describe("jupyter-console", () => {
  const peers = usePeers(
    "console",
    process.platform === "win32" ? "needs a terminal of Unix" : undefined,
  );

  it("runs cells, asks, shows errors, and interrupts", function () {
    this.timeout(180_000);
    const { status, stdout, stderr } = runPython(peers.prefix, [script], {
      program: peers.program,
    });
    const log = join(peers.prefix, "console.log");
    const seen = existsSync(log) ? readFileSync(log, "utf8").slice(-3_000) : "";
    assert.equal(status, 0, `${stdout}\n${stderr}\n${seen}`);
    assert.match(stdout, /ended\n$/);
  });
});
