import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../../../lib/setup/tools/child.mjs";
import { faultOf } from "../../../lib/setup/tools/python.mjs";
import { bareProject, cleanUp, pathWith, startNode } from "./helpers.ts";

/** Nothing listens on this port: the connection is refused at once. */
const nowhere = "http://127.0.0.1:9/";
const shell = { sh: "/bin/sh", env: "/usr/bin/env", uname: "/usr/bin/uname" };

function programs(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, onPath(name) ?? ""]));
}

describe("set-up where something is missing", () => {
  let project: string;

  before(function () {
    if (process.platform === "win32") this.skip();
  });
  beforeEach(() => {
    project = bareProject();
  });
  afterEach(cleanUp);

  /** Runs the set-up of the bare project with nothing but the given programs. */
  async function setUp(env: NodeJS.ProcessEnv) {
    const args = [join(project, "lib", "setup", "start.mjs"), "--setup-only"];
    return startNode(args, { HOME: project, ...env }, project).ended;
  }

  function assertNothingMade(): void {
    for (const name of ["node_modules", ".venv", "dist"]) {
      assert.equal(existsSync(join(project, name)), false, name);
    }
    const work = join(project, "build", "setup");
    assert.deepEqual(
      readdirSync(work).filter((name) => name !== "log"),
      [],
    );
  }

  it("tells of npm and of Python at once, and how to get them", async () => {
    const { code, output } = await setUp({ PATH: pathWith(shell) });
    assert.equal(code, 1);
    assert.match(output, /npm is not on the path\.\n {2}To mend it: /);
    assert.match(
      output,
      /There is no Python on the path\. Python 3\.10 to 3\.13 is needed\.\n {2}To mend it: /,
    );
    assert.doesNotMatch(output, /at .*\.mjs:\d+/, "a stack trace");
    assertNothingMade();
  });

  it("tells what is wrong with a Python that cannot make environments", async function () {
    const { npm = "", python3 = "" } = programs("npm", "python3");
    if (!npm || !python3) this.skip();
    // As on Debian without the package python3-venv: the import of ensurepip fails.
    const shadow = join(project, "shadow");
    mkdirSync(shadow);
    writeFileSync(join(shadow, "ensurepip.py"), "raise ImportError\n");
    const { code, output } = await setUp({
      PATH: process.env.PATH,
      PYTHONPATH: shadow,
    });
    assert.equal(code, 1);
    assert.match(
      output,
      /Python cannot make virtual environments: .* without the modules venv and ensurepip/,
    );
    if (process.platform === "linux") {
      assert.match(output, /To mend it: sudo apt-get install python3\.\d+-venv/);
    }
    assertNothingMade();
  });

  it("tells of a Python that was asked for and does not run", async () => {
    const { code, output } = await setUp({
      PATH: process.env.PATH,
      CONVNET_LAB_PYTHON: join(project, "python9"),
    });
    assert.equal(code, 1);
    assert.match(output, /CONVNET_LAB_PYTHON names ".*python9", which is not a Python that runs\./);
    assertNothingMade();
  });

  it("tells of a network that is not there, and leaves nothing", async () => {
    const { code, output } = await setUp({
      PATH: process.env.PATH,
      npm_config_registry: nowhere,
      npm_config_fetch_retries: "0",
      npm_config_cache: join(project, "npm-cache"),
      PIP_INDEX_URL: nowhere,
      PIP_RETRIES: "0",
      PIP_NO_CACHE_DIR: "1",
    });
    assert.equal(code, 1);
    assert.match(output, /There is no connection to the (npm registry|Python package index)\./);
    assert.match(output, /To mend it: check the network/);
    assertNothingMade();
  });

  it("goes on without a compiler, with one warning", async () => {
    const script = join(project, "lib", "setup", "only-addon.mjs");
    writeFileSync(
      script,
      `import { runSteps } from "./engine/engine.mjs";
       import { Progress } from "./engine/progress.mjs";
       import { root, workFolder } from "./paths.mjs";
       import { addonStep } from "./steps/addon.mjs";
       const step = { ...addonStep(root), after: [] };
       const { made } = await runSteps([step], { workFolder, progress: new Progress() });
       console.log("made", made.length);`,
    );
    const { code, output } = await startNode([script], { PATH: pathWith(shell) }, project).ended;
    assert.equal(code, 0, output);
    assert.match(output, /! No C\+\+ compiler was found.*install/i);
    assert.match(
      output,
      /The set-up goes on without TensorFlow: the library computes in JavaScript/,
    );
    assert.match(output, /made 0\n$/);
    assert.equal(existsSync(join(project, "build", "native")), false);
  });

  it("judges a Python by what TensorFlow has wheels for", () => {
    const python = { version: "3.12.1", bits: 64, venv: true };
    assert.equal(faultOf(python), "");
    assert.equal(faultOf({ ...python, version: "3.10.0" }), "");
    assert.equal(faultOf({ ...python, version: "3.13.11" }), "");
    assert.match(faultOf({ ...python, version: "3.9.18" }), /too old/);
    assert.match(faultOf({ ...python, version: "2.7.18" }), /too old/);
    assert.match(faultOf({ ...python, version: "3.14.0" }), /too new/);
    assert.match(faultOf({ ...python, bits: 32 }), /32 bits/);
    assert.match(faultOf({ ...python, venv: false }), /ensurepip/);
  });
});

describe("doctor where nothing is set up", () => {
  afterEach(cleanUp);

  it("tells what is missing and the command that gets it", async () => {
    const project = bareProject();
    const doctor = join(project, "lib", "setup", "doctor.mjs");
    const { code, output } = await startNode([doctor, "--json"], process.env, project).ended;
    assert.equal(code, 1);
    const report = JSON.parse(output);
    assert.equal(report.node, process.versions.node);
    assert.deepEqual([report.tensorflow, report.tfjs, report.backend], [null, null, null]);
    assert.deepEqual([report.devices, report.kernelspecs], [[], []]);
    const whats = report.problems.map(({ what }: { what: string }) => what).join("\n");
    for (const part of ["npm packages", "Python environment", "TensorFlow addon", "library"]) {
      assert.match(whats, new RegExp(`${part}.*: missing`));
    }
    for (const { mend } of report.problems) assert.match(mend, /npm start -- --setup-only/);
  });
});
