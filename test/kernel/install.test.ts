import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installKernel } from "../../kernel/install.mjs";

describe("Installing the kernel", () => {
  let prefix: string;
  beforeEach(async () => {
    prefix = await mkdtemp(join(tmpdir(), "kernel-install-"));
  });
  afterEach(() => rm(prefix, { recursive: true, force: true }));

  const readSpec = async (folder: string) =>
    JSON.parse(await readFile(join(folder, "kernel.json"), "utf8"));

  it("writes what Jupyter needs to start it", async () => {
    const folder = await installKernel({
      ...{ prefix, name: "ts-1.x", displayName: "My TypeScript", entry: "dist/main.mjs" },
      ...{ conditions: ["a", "b"], env: { DEBUG: "1" } },
    });
    assert.equal(folder, join(prefix, "share", "jupyter", "kernels", "ts-1.x"));
    assert.deepEqual(await readSpec(folder), {
      argv: [
        process.execPath,
        "--max-semi-space-size=2",
        join(process.cwd(), "dist/main.mjs"),
        "--conditions=a,b",
        "{connection_file}",
      ],
      display_name: "My TypeScript",
      language: "typescript",
      interrupt_mode: "message",
      env: { DEBUG: "1" },
      metadata: { debugger: false },
    });
    for (const [size, logo] of [
      [32, "logo-32x32.png"],
      [64, "logo-64x64.png"],
    ] as const) {
      const png = await readFile(join(folder, logo));
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [size, size]);
    }
    assert.match(await readFile(join(folder, "logo-svg.svg"), "utf8"), /^<svg /);
    assert.equal((await stat(folder)).mode & 0o777, 0o755);
  });

  it("replaces an earlier one as a whole and leaves nothing else", async () => {
    const folder = await installKernel({ prefix, displayName: "First" });
    await writeFile(join(folder, "kernel.js"), "");
    await installKernel({ prefix, displayName: "Second" });
    assert.equal((await readSpec(folder)).display_name, "Second");
    assert.ok(!(await readdir(folder)).includes("kernel.js"));
    assert.deepEqual(await readdir(join(prefix, "share", "jupyter")), ["kernels"]);
  });

  it("installs for the user where no environment is named", async () => {
    const before = process.env.JUPYTER_DATA_DIR;
    process.env.JUPYTER_DATA_DIR = join(prefix, "data");
    try {
      assert.equal(await installKernel(), join(prefix, "data", "kernels", "typescript"));
    } finally {
      if (before === undefined) delete process.env.JUPYTER_DATA_DIR;
      else process.env.JUPYTER_DATA_DIR = before;
    }
  });

  it("refuses a name that Jupyter does not accept, and names it", async () => {
    await assert.rejects(installKernel({ prefix, name: "../evil" }), /"\.\.\/evil"/);
    await assert.rejects(installKernel({ prefix, name: "" }), /name is ""/);
  });

  it("keeps the earlier one where the new one cannot be written", async () => {
    await mkdir(join(prefix, "share", "jupyter"), { recursive: true });
    await writeFile(join(prefix, "share", "jupyter", "kernels"), "");
    await assert.rejects(installKernel({ prefix }));
    assert.deepEqual(await readdir(join(prefix, "share", "jupyter")), ["kernels"]);
  });
});
