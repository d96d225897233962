/** The kernel that is installed from a package, without the project and without TensorFlow. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { external } from "../../kernel/build.mjs";
import { type Cell, hasModules, notebook, runPython, textOf } from "./conformance/jupyter.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the kernel imports, and nothing else that the project depends on. */
const needed = [
  ...external,
  ...["@types/node", "magic-string", "@jridgewell/remapping", "@jridgewell/trace-mapping"],
];

describe("The kernel on its own", () => {
  let folder: string;
  /** An empty project with the package in it. */
  let project: string;
  let prefix: string;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "kernel-alone-")));
    [project, prefix] = [join(folder, "project"), join(folder, "prefix")];
    const packages = join(project, "node_modules");
    const home = join(packages, "convnet-lab");
    await mkdir(home, { recursive: true });
    await mkdir(prefix);
    const npm = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
    execFileSync("npm", npm, { cwd: root, stdio: "ignore" });
    const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    execFileSync("tar", ["-xzf", join(folder, tarball), "-C", home, "--strip-components=1"]);
    // As npm would put them, which would bring some hundred megabytes of other packages along.
    for (const name of needed) {
      await mkdir(dirname(join(packages, name)), { recursive: true });
      await symlink(join(root, "node_modules", name), join(packages, name));
    }
    await writeFile(join(project, "package.json"), '{ "private": true }');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const kernel = (...args: string[]) =>
    spawnSync("npm", ["run", "--silent", "kernel", "--", ...args], {
      cwd: join(project, "node_modules", "convnet-lab"),
      encoding: "utf8",
      env: {
        ...process.env,
        VIRTUAL_ENV: join(folder, "venv"),
        JUPYTER_DATA_DIR: join(folder, "user"),
      },
    });

  it("is installed from a package, and works when that is gone", async function () {
    const { status, stdout, stderr } = kernel(
      ...["install", "--prefix", prefix, "--name", "alone", "--display-name", "Alone"],
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^Installed the kernel alone \(\d+ MB\)/);
    const data = join(prefix, "share", "jupyter");
    const spec = JSON.parse(await readFile(join(data, "kernels", "alone", "kernel.json"), "utf8"));
    assert.equal(spec.display_name, "Alone");
    assert.equal(spec.argv[0], process.execPath);
    const files = join(data, "typescript-kernel", "installed", "alone");
    assert.ok(spec.argv.includes(join(files, "main.mjs")));
    for (const name of readdirSync(files).filter((each) => each.endsWith(".mjs")))
      assert.ok(!readFileSync(join(files, name), "utf8").includes(root));
    assert.match(kernel("list", "--prefix", prefix).stdout, /^alone +\S+node/);

    await rm(project, { recursive: true });
    if (!hasModules("nbclient", "nbconvert")) this.skip();
    const sources = [
      'import { readFileSync } from "node:fs";\nenum Answer { Yes = 42 }\nconst here = import.meta.dirname;',
      "readFileSync(here + '/note.txt', 'utf8').trim() + Answer.Yes",
      "!echo {Answer.Yes}",
      'import { five } from "./five.ts"; five satisfies number',
    ];
    await writeFile(join(prefix, "alone.ipynb"), notebook(sources, "alone"));
    await writeFile(join(prefix, "note.txt"), "text\n");
    await writeFile(join(prefix, "five.ts"), "export const five: number = 5;\n");
    const args = ["-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", "alone.ipynb"];
    const run = runPython(prefix, args);
    assert.equal(run.status, 0, run.stderr);
    const { cells } = JSON.parse(await readFile(join(prefix, "alone.ipynb"), "utf8"));
    assert.deepEqual((cells as Cell[]).map(textOf), ["", "'text42'", "42\n", "5"]);
    await writeFile(join(prefix, "wrong.ipynb"), notebook(['Math.max("a")'], "alone"));
    const wrong = runPython(prefix, [...args.slice(0, -1), "wrong.ipynb"]);
    assert.match(wrong.stderr, /TS2345/);
  });
});

describe("npm run kernel", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kernel-cli-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const kernel = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, "kernel", "cli.mjs"), ...args], {
      encoding: "utf8",
      env: {
        ...process.env,
        VIRTUAL_ENV: join(folder, "venv"),
        JUPYTER_DATA_DIR: join(folder, "user"),
      },
    });

  it("installs for the user, or for the active environment, and removes what it installed", () => {
    for (const [where, data] of [
      ["--user", join(folder, "user")],
      ["--sys-prefix", join(folder, "venv", "share", "jupyter")],
    ] as const) {
      const { status, stderr } = kernel("install", where, "--no-check", "--conditions=a,b");
      assert.equal(status, 0, stderr);
      const file = join(data, "kernels", "typescript", "kernel.json");
      const { argv, display_name } = JSON.parse(readFileSync(file, "utf8"));
      assert.deepEqual(argv.slice(-3), ["--conditions=a,b", "--no-check", "{connection_file}"]);
      assert.equal(display_name, "TypeScript");
      const again = kernel("install", where);
      assert.equal(again.status, 0, again.stderr);
      assert.equal(kernel("uninstall", where).status, 0);
      assert.deepEqual(readdirSync(join(data, "kernels")), []);
      assert.deepEqual(readdirSync(join(data, "typescript-kernel", "installed")), []);
      assert.match(kernel("list", where).stdout, /^None in /);
    }
  });

  it("leaves kernels of others alone", async () => {
    const spec = join(folder, "share", "jupyter", "kernels", "typescript");
    await mkdir(spec, { recursive: true });
    await writeFile(join(spec, "kernel.json"), '{ "argv": ["python", "-m", "other"] }');
    const { status, stderr } = kernel("uninstall", "--prefix", folder);
    assert.equal(status, 1);
    assert.match(stderr, /was not installed by this program/);
    assert.ok(existsSync(join(spec, "kernel.json")));
    assert.match(kernel("uninstall", "--prefix", folder, "--name", "no").stderr, /no kernel no in/);
  });

  it("says what is wrong with a command", () => {
    for (const [args, problem] of [
      [["instal"], /There is no command instal, expected install/],
      [["install", "--nmae", "x"], /--nmae/],
      [["install", "--user", "--prefix", "x"], /Only one of/],
      [["install", "--name", "../x"], /name is "\.\.\/x"/],
      [["install", "--name", ".."], /name is "\.\."/],
    ] as const) {
      const { status, stderr } = kernel(...args);
      assert.equal(status, 1);
      assert.match(stderr, problem);
    }
    assert.match(kernel().stdout, /^Usage: npm run kernel/);
  });
});
