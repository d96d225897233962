/** jupyter-console, driven as a person does. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installKernel } from "../../../kernel/install.mjs";
import { builtKernel } from "../build.ts";
import { runPython } from "../conformance/jupyter.ts";
import { findPeers } from "./environment.ts";

const script = fileURLToPath(new URL("console.py", import.meta.url));

describe("jupyter-console", () => {
  let prefix: string;
  let program: string;

  before(async function () {
    this.timeout(300_000);
    const peers = findPeers();
    if ("problem" in peers || process.platform === "win32") {
      this.test!.title = "problem" in peers ? peers.problem : "needs a terminal of Unix";
      this.skip();
    }
    program = peers.python;
    prefix = await mkdtemp(join(tmpdir(), "kernel-console-"));
    await installKernel({ prefix, entry: await builtKernel() });
  });
  after(async () => {
    if (prefix) await rm(prefix, { recursive: true, force: true });
  });

  it("runs cells, asks, shows errors, and interrupts", function () {
    this.timeout(180_000);
    const { status, stdout, stderr } = runPython(prefix, [script], { program });
    const log = join(prefix, "console.log");
    const seen = existsSync(log) ? readFileSync(log, "utf8").slice(-3_000) : "";
    assert.equal(status, 0, `${stdout}\n${stderr}\n${seen}`);
    assert.match(stdout, /ended\n$/);
  });
});
