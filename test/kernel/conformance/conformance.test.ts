import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installKernel } from "../../../kernel/install.mjs";
import { builtKernel } from "../build.ts";
import { hasModules, runPython } from "./jupyter.ts";

const suite = fileURLToPath(new URL("test_kernel.py", import.meta.url));

describe("jupyter_kernel_test", () => {
  let prefix: string;

  before(async function () {
    if (!hasModules("jupyter_kernel_test")) {
      this.test!.title = "needs jupyter_kernel_test in .venv (or the PYTHON that is named)";
      this.skip();
    }
    prefix = await mkdtemp(join(tmpdir(), "kernel-conformance-"));
    await installKernel({ prefix, entry: await builtKernel() });
  });
  after(async () => {
    if (prefix) await rm(prefix, { recursive: true, force: true });
  });

  it("passes, none of its tests skipped", () => {
    const { stderr, status } = runPython(prefix, [suite]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /\nRan 13 tests in .*\n\nOK\n/, stderr);
  });
});
