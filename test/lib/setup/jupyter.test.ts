import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { readStamp } from "../../../lib/setup/engine/engine.mjs";
import { root, setupFolder, venv } from "../../../lib/setup/paths.mjs";
import { findNpm } from "../../../lib/setup/tools/npm.mjs";
import { cleanUp, isAlive, startNode, until } from "./helpers.ts";

const start = join(setupFolder, "start.mjs");

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** By the parents' ids in /proc/PID/stat, behind the program's name in brackets. */
function isDescendant(pid: number, ancestor: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
    return parent === ancestor || (parent > 1 && isDescendant(parent, ancestor));
  } catch {
    return false;
  }
}

describe("npm start", function () {
  // JupyterLab is slow to start on a busy machine.
  this.timeout(180_000);

  before(function () {
    // Needs the finished set-up: this is no place to install things.
    if (!readStamp(venv) || !existsSync(join(root, "dist", "lib"))) this.skip();
  });
  afterEach(cleanUp);

  it("opens JupyterLab on the lessons, to those who have the token, until it is interrupted", async () => {
    const port = await freePort();
    const run = startNode([start, "--no-browser", "--port", String(port)]);
    const address = await until(
      () => run.output().match(/http:\/\/127\.0\.0\.1:\d+\/lab\?token=\w+/)?.[0],
    );
    const url = new URL(address);
    assert.equal(url.port, String(port));
    const token = url.searchParams.get("token") ?? "";
    assert.match(token, /^[0-9a-f]{48}$/);

    const api = (path: string, headers: Record<string, string> = {}) =>
      fetch(new URL(path, url.origin), { headers });
    const authorization = { Authorization: `token ${token}` };
    assert.equal((await api("/api/contents")).status, 403);
    assert.equal((await fetch(url)).status, 200);

    const contents = await (await api("/api/contents", authorization)).json();
    const names = contents.content.map(({ name }: { name: string }) => name);
    const lessons = readdirSync(join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));
    for (const lesson of lessons) assert(names.includes(lesson), lesson);

    const { kernelspecs } = await (await api("/api/kernelspecs", authorization)).json();
    assert.equal(kernelspecs.typescript.spec.language, "typescript");

    // Jupytext serves the text form of a lesson as a notebook.
    const [lesson] = lessons;
    if (lesson) {
      const text = lesson.replace(/\.ipynb$/, ".ts");
      const reply = await api(`/api/contents/${text}?type=notebook&content=1`, authorization);
      const notebook = await reply.json();
      assert.equal(notebook.type, "notebook");
      assert(notebook.content.cells.length > 1);
    }

    run.child.kill("SIGINT");
    const { code, output } = await run.ended;
    assert.equal(code, 0, output);
    await assert.rejects(fetch(url), "the server has ended");
  });

  const endings = [
    { title: "it is killed itself", program: [start], signal: "SIGKILL" },
    {
      title: "npm is told to end",
      program: [...findNpm().slice(1), "start", "--"],
      signal: "SIGTERM",
    },
  ] as const;
  for (const { title, program, signal } of endings) {
    it(`ends JupyterLab also when ${title}`, async function () {
      if (process.platform !== "linux" || program[0] === "start") this.skip();
      const run = startNode([...program, "--no-browser", "--port", String(await freePort())]);
      await until(() => /\/lab\?token=/.test(run.output()));
      const { pid = 0 } = run.child;
      const children = readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((candidate) => isDescendant(candidate, pid));
      assert(children.length >= 2, "the supervisor and the server");
      run.child.kill(signal);
      await until(() => !children.some(isAlive));
    });
  }

  it("names a port that is in use", async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const { code, output } = await startNode([start, "--no-browser", "--port", String(port)])
        .ended;
      assert.equal(code, 1);
      assert.match(output, new RegExp(`Port ${port} is in use.*\\n {2}To mend it: .*--port`));
    } finally {
      server.close();
    }
  });
});
