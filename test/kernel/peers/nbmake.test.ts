/** nbmake, which makes a pytest test of each notebook. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { notebook, runPython } from "../conformance/jupyter.ts";
import { usePeers } from "./hooks.ts";

describe("nbmake", () => {
  const peers = usePeers("nbmake");

  it("passes good notebooks and fails bad ones with the line", async () => {
    await writeFile(join(peers.prefix, "good.ipynb"), notebook(["const a: number = 1;", "a + 1"]));
    await writeFile(
      join(peers.prefix, "bad.ipynb"),
      notebook(["const b: number = 1;", "\nb.nothing();", "console.log('no')"]),
    );
    const args = ["-m", "pytest", "--nbmake", "-p", "no:cacheprovider", "-rA", "--color=no"];
    const { status, stdout } = runPython(peers.prefix, args, { program: peers.program });
    const text = stripVTControlCharacters(stdout);
    assert.equal(status, 1, text);
    assert.match(text, /1 failed, 1 passed/);
    assert.match(text, /TS2339: Property 'nothing' does not exist on type 'number'/);
  });
});
