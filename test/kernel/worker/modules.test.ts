import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const source = join(root, "kernel", "worker", "modules");

/** Runs `script` in a plain Node whose module hooks are ours, in a folder with `files`. */
function run(out: string, files: Record<string, string>, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), "modules-"));
  try {
    const all: Record<string, string> = {
      ...files,
      "start.mjs": `
        import { writeFileSync, utimesSync } from "node:fs";
        import { installModuleHooks } from ${JSON.stringify(join(out, "index.mjs"))};
        const reloaded = [];
        installModuleHooks(new URL(${JSON.stringify(`file://${out}/hooks-thread.mjs`)}), {
          builtins: {},
          onLoad: () => {},
          onReload: (files) => reloaded.push(...files.map((file) => file.split("/").at(-1))),
        });
        const edit = (file, text) => writeFileSync(new URL(file, import.meta.url), text);
        const show = (...values) => console.log(JSON.stringify(values));
        ${script}`,
    };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return execFileSync(process.execPath, ["start.mjs"], { cwd: folder, encoding: "utf8" }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("module hooks", () => {
  const out = join(root, "build", "test", "modules");

  before(async () => {
    await build({
      entryPoints: [join(source, "index.ts"), join(source, "hooks-thread.ts")],
      outdir: out,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      format: "esm",
      platform: "node",
      external: ["esbuild"],
      logLevel: "error",
    });
  });

  it("load TypeScript under each of its spellings, and JSON without an attribute", () => {
    const files = {
      "a.ts":
        "import type { T } from './types'; export enum E { One = 1 } export const a: T = E.One;",
      "types.ts": "export type T = number;",
      "lib/index.ts":
        "import { a } from '../a.js'; import j from './d.json'; export const b = a + j.n;",
      "lib/d.json": '{ "n": 10 }',
    };
    const script = `
      show((await import("./a")).a, (await import("./a.ts")).a, (await import("./lib")).b);`;
    assert.equal(run(out, files, script), "[1,1,11]");
  });

  it("load a changed module and what imports it anew, and nothing else", () => {
    const files = {
      "leaf.ts": "globalThis.leaf = (globalThis.leaf ?? 0) + 1; export const n = 1;",
      "other.ts": "globalThis.other = (globalThis.other ?? 0) + 1; export const o = 5;",
      "top.ts":
        "import { n } from './leaf.ts'; import { o } from './other.ts'; export const t = n + o;",
    };
    const script = `
      const get = async () => (await import("./top.ts")).t;
      show(await get(), await get());
      edit("leaf.ts", "globalThis.leaf++; export const n = 200;");
      show(await get(), globalThis.leaf, globalThis.other);
      show(await get(), globalThis.leaf);
      await new Promise((done) => setTimeout(done, 50));
      show(...reloaded);`;
    assert.equal(run(out, files, script), '[6,6]\n[205,2,1]\n[205,2]\n["leaf.ts"]');
  });

  it("say where a syntax error is, keep the old module, and load the mended one", () => {
    const files = { "m.ts": "export const m: number = 1;" };
    const script = `
      const first = await import("./m.ts");
      edit("m.ts", "export const m = ;\\n");
      try { await import("./m.ts"); } catch (error) { console.log(error.name, error.message.split("\\n")[0]); }
      show(first.m);
      edit("m.ts", "export const m = 22;");
      show((await import("./m.ts")).m);`;
    assert.equal(run(out, files, script), 'SyntaxError m.ts:1:18: Unexpected ";"\n[1]\n[22]');
  });

  it("leave modules alone that have names of their own for what is global", () => {
    const files = {
      "names.ts":
        "const Symbol = 1, globalThis = undefined, undefined_ = 2; export const n = Symbol; export default Symbol",
      "names.mjs": "const Symbol = 1, globalThis = 2; export const n = Symbol // no end of line",
      "strict.mjs": "export const n = 1 /* no end of statement */",
    };
    const script = `
      for (const name of ["names.ts", "names.mjs", "strict.mjs"]) show((await import("./" + name)).n);
      show(Object.keys(globalThis).filter((name) => name.includes("notebook")));`;
    assert.equal(run(out, files, script), "[1]\n[1]\n[1]\n[[]]");
  });

  it("leave packages and missing files to Node", () => {
    const files = {
      "node_modules/p/package.json": '{ "name": "p", "type": "module", "exports": "./p.js" }',
      "node_modules/p/p.js": "export const p = 3;",
    };
    const script = `
      show((await import("p")).p);
      try { await import("./none.ts"); } catch (error) { console.log(error.code); }
      try { await import("q"); } catch (error) { console.log(error.code); }`;
    assert.equal(run(out, files, script), "[3]\nERR_MODULE_NOT_FOUND\nERR_MODULE_NOT_FOUND");
  });
});
