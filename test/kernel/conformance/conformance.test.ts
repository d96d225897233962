import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installKernel } from "../../../kernel/install.mjs";
import { builtKernel } from "../build.ts";

const suite = fileURLToPath(new URL("test_kernel.py", import.meta.url));
const python = fileURLToPath(new URL("../../../.venv/bin/python", import.meta.url));

describe("jupyter_kernel_test", () => {
  let prefix: string;

  before(async function () {
    const { PYTHON = python } = process.env;
    const probe = ["-c", "import jupyter_kernel_test"];
    if (!existsSync(PYTHON) || spawnSync(PYTHON, probe).status !== 0) {
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
    const { PYTHON = python } = process.env;
    const { stderr, status } = spawnSync(PYTHON, [suite], {
      cwd: prefix,
      encoding: "utf8",
      env: {
        ...process.env,
        JUPYTER_PATH: join(prefix, "share", "jupyter"),
        JUPYTER_DATA_DIR: join(prefix, "data"),
      },
    });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /\nRan 13 tests in .*\n\nOK\n/, stderr);
  });
});
