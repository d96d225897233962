import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addonFingerprint,
  BuildError,
  buildAddon,
  findCompiler,
  findTensorFlow,
} from "../../../lib/tensorflow/native/build.mjs";
import { applyPatch, patches } from "../../../lib/tensorflow/native/patches.mjs";
import { projectRoot } from "./setup.ts";

const binding = join(projectRoot, "node_modules", "@tensorflow", "tfjs-node-gpu", "binding");

/** A folder that looks like a Python environment with TensorFlow, as far as a build gets without compiling. */
async function fakeEnvironment(folder: string): Promise<string> {
  const tensorflow = join(folder, "lib", "python3.11", "site-packages", "tensorflow");
  await mkdir(join(tensorflow, "include", "tensorflow", "c", "eager"), { recursive: true });
  await writeFile(join(tensorflow, "include", "tensorflow", "c", "eager", "c_api.h"), "");
  const suffix = process.platform === "darwin" ? ".2.dylib" : ".so.2";
  for (const name of ["libtensorflow_cc", "libtensorflow_framework"]) {
    await writeFile(join(tensorflow, name + suffix), "");
  }
  return folder;
}

describe("the addon's build", () => {
  let folder: string;
  const { CXX, PATH } = process.env;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "build-test-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    process.env.PATH = PATH;
    if (CXX === undefined) delete process.env.CXX;
    else process.env.CXX = CXX;
  });

  it("finds the text of every patch exactly once in the installed sources", async () => {
    for (const name of new Set(patches.map(({ file }) => file))) {
      const source = await readFile(join(binding, name), "utf8");
      const patched = patches.filter(({ file }) => file === name).reduce(applyPatch, source);
      assert.notEqual(patched, source);
    }
  });

  it("refuses sources that are not the known ones, naming the file and the change", () => {
    const patch = { file: "a.cc", why: "it leaks", find: "old", replace: "new" };
    assert.equal(applyPatch("an old text", patch), "an new text");
    assert.throws(() => applyPatch("a text", patch), /a\.cc .*it leaks.* not there/);
    assert.throws(() => applyPatch("old and old", patch), /there 2 times/);
  });

  it("says that TensorFlow is missing, and how to get it", async () => {
    await assert.rejects(findTensorFlow(folder), (error: Error) => {
      assert.ok(error instanceof BuildError);
      assert.match(error.message, /no TensorFlow .*npm start -- --setup-only/);
      return true;
    });
  });

  it("says which library is missing", async () => {
    const venv = await fakeEnvironment(folder);
    const tensorflow = await findTensorFlow(venv);
    const library = (await readdir(tensorflow)).find((name) => name.includes("framework")) ?? "";
    await rm(join(tensorflow, library));
    await assert.rejects(
      buildAddon({ root: projectRoot, venv }),
      /libtensorflow_framework.* is missing/,
    );
  });

  it("says that there is no compiler, and how to get one", () => {
    delete process.env.CXX;
    process.env.PATH = folder;
    assert.throws(findCompiler, /No C\+\+ compiler .*(apt-get install|xcode-select)/);
    process.env.CXX = "no-such-compiler -O3";
    assert.throws(findCompiler, /"no-such-compiler", was not found/);
  });

  it("takes flags from CXX", async () => {
    const compiler = join(folder, "my-c++");
    await writeFile(compiler, "");
    process.env.CXX = `${compiler} -march=native`;
    assert.deepEqual(findCompiler(), { command: compiler, flags: ["-march=native"] });
  });

  it("leaves nothing behind when the compiler fails, and shows its first error", async () => {
    const venv = await fakeEnvironment(folder);
    const compiler = join(folder, "failing-c++");
    await writeFile(
      compiler,
      "#!/bin/sh\necho 'a.cc:1: note: x' >&2\necho 'a.cc:1: fatal error: broken' >&2\nexit 3\n",
    );
    await chmod(compiler, 0o755);
    process.env.CXX = compiler;
    const before = await readFile(join(binding, "tfjs_backend.cc"), "utf8");
    const outFile = join(folder, "out", "tensorflow.node");
    await assert.rejects(buildAddon({ root: projectRoot, venv, outFile }), (error: Error) => {
      assert.ok(error instanceof BuildError);
      assert.match(error.message, /exit code 3:\na\.cc:1: fatal error: broken/);
      return true;
    });
    assert.deepEqual(await readdir(join(folder, "out")), []);
    assert.equal(await readFile(join(binding, "tfjs_backend.cc"), "utf8"), before);
  });

  it("has a fingerprint that changes with the TensorFlow it was built against", async () => {
    const venv = await fakeEnvironment(folder);
    const site = join(venv, "lib", "python3.11", "site-packages");
    await mkdir(join(site, "tensorflow_cpu-2.21.0.dist-info"));
    const first = await addonFingerprint({ root: projectRoot, venv });
    assert.equal(await addonFingerprint({ root: projectRoot, venv }), first);
    await mkdir(join(site, "tensorflow_cpu-2.22.0.dist-info"));
    assert.notEqual(await addonFingerprint({ root: projectRoot, venv }), first);
  });
});
