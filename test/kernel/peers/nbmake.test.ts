/** nbmake, which makes a pytest test of each notebook. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { installKernel } from "../../../kernel/install.mjs";
import { builtKernel } from "../build.ts";
import { notebook, runPython } from "../conformance/jupyter.ts";
import { findPeers } from "./environment.ts";

describe("nbmake", () => {
  let prefix: string;
  let program: string;

  before(async function () {
    this.timeout(300_000);
    const peers = findPeers();
    if ("problem" in peers) {
      this.test!.title = peers.problem;
      this.skip();
    }
    program = peers.python;
    prefix = await mkdtemp(join(tmpdir(), "kernel-nbmake-"));
    await installKernel({ prefix, entry: await builtKernel() });
  });
  after(async () => {
    if (prefix) await rm(prefix, { recursive: true, force: true });
  });

  it("passes good notebooks and fails bad ones with the line", async () => {
    await writeFile(join(prefix, "good.ipynb"), notebook(["const a: number = 1;", "a + 1"]));
    await writeFile(
      join(prefix, "bad.ipynb"),
      notebook(["const b: number = 1;", "\nb.nothing();", "console.log('no')"]),
    );
    const args = ["-m", "pytest", "--nbmake", "-p", "no:cacheprovider", "-rA", "--color=no"];
    const { status, stdout } = runPython(prefix, args, { program });
    const text = stripVTControlCharacters(stdout);
    assert.equal(status, 1, text);
    assert.match(text, /1 failed, 1 passed/);
    assert.match(text, /TS2339: Property 'nothing' does not exist on type 'number'/);
  });
});
