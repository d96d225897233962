/** How the kernel's processes begin and end. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { builtKernel } from "../build.ts";
import { Client, Kernel } from "../client.ts";
import { descendants, isAlive } from "../processes.ts";

async function gone(pids: readonly number[]): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (!pids.some(isAlive)) return;
    await sleep(50);
  }
  assert.fail(`Processes are left: ${pids.filter(isAlive)}`);
}

const linux = process.platform === "linux";

describe(`A kernel process${linux ? "" : " (its processes are looked for on Linux only)"}`, () => {
  let kernel: Kernel | undefined;
  before(function () {
    if (!linux) this.skip();
  });
  const start = async (options = {}) => {
    kernel = await Kernel.start(options);
    return kernel;
  };
  afterEach(async () => {
    await kernel?.end();
    kernel = undefined;
  });

  it("ends with all that it started when it is asked to, and says so to every client", async () => {
    for (const restart of [false, true]) {
      const kernel = await start();
      await kernel.execute("1");
      const pids = await descendants(kernel.process.pid!);
      assert.ok(pids.length >= 2, "a worker and a language server");
      const reply = await kernel.shutdown(restart);
      assert.deepEqual(reply.content, { status: "ok", restart });
      assert.equal(await kernel.exited, 0);
      assert.ok(kernel.published.some(({ type }) => type === "shutdown_reply"));
      await gone(pids);
      await kernel.end();
    }
  });

  it("ends in the middle of a cell, which is answered", async () => {
    const kernel = await start();
    const cell = kernel.execute("await new Promise(() => {})");
    const queued = kernel.execute("1");
    await kernel.whenPublished(({ type }) => type === "execute_input");
    const pids = await descendants(kernel.process.pid!);
    await kernel.shutdown();
    assert.notEqual((await cell).reply.content.status, "ok");
    assert.equal((await queued).reply.content.status, "aborted");
    await gone(pids);
  });

  it("ends when it is terminated", async () => {
    const kernel = await start();
    await kernel.execute("1");
    const pids = await descendants(kernel.process.pid!);
    kernel.process.kill("SIGTERM");
    assert.equal(await kernel.exited, 0);
    await gone(pids);
  });

  it("leaves nothing behind when it is killed during a loop", async () => {
    const kernel = await start();
    await kernel.send("execute_request", { code: "while (true) {}", silent: false });
    await kernel.whenPublished(({ type }) => type === "execute_input");
    await sleep(300);
    const pids = await descendants(kernel.process.pid!);
    kernel.process.kill("SIGKILL");
    await kernel.exited;
    await gone(pids);
  });

  it("is not ended by Ctrl-C in the terminal that it was started from", async () => {
    const kernel = await start();
    await kernel.execute("const kept = 1");
    for (const pid of [kernel.process.pid!, ...(await descendants(kernel.process.pid!))])
      process.kill(pid, "SIGINT");
    await sleep(200);
    const { result } = await kernel.execute("kept + 1");
    assert.equal(result?.data?.["text/plain"], "2");
  });

  it("goes on without the state when the worker is killed in the middle of a cell", async () => {
    const kernel = await start();
    await kernel.execute("const before: number = 1");
    const cell = kernel.execute('console.log("started", process.pid); await new Promise(() => {})');
    const output = await kernel.whenPublished(({ content }) => /^started/.test(content.text ?? ""));
    process.kill(Number(output.content.text?.split(" ")[1]), "SIGKILL");
    const { reply } = await cell;
    assert.equal(reply.content.status, "error");
    assert.match(reply.content.evalue ?? "", /SIGKILL|killed/);
    assert.match(reply.content.evalue ?? "", /lost/);
    const next = await kernel.execute('const before: string = "new"; before');
    assert.equal(next.result?.data?.["text/plain"], "'new'");
    const other = await kernel.execute("cell");
    assert.equal(other.reply.content.status, "error");
  });

  it("ends when the program that started it has gone", async () => {
    const entry = await builtKernel();
    const kernel = await start();
    const file = `${kernel.folder}/.connection.json`;
    const connection = JSON.parse(await readFile(file, "utf8"));
    await kernel.shutdown();
    // A parent that starts the kernel as Jupyter does, says its process id, and is killed.
    const script = `
      const { spawn } = require("node:child_process");
      const env = { ...process.env, JPY_PARENT_PID: String(process.pid) };
      const child = spawn(process.execPath, [${JSON.stringify(entry)}, ${JSON.stringify(file)}], { env, stdio: "ignore" });
      console.log(child.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(parent.stdout, "data");
    const pid = Number(line);
    assert.ok(isAlive(pid));
    assert.ok(connection.key);
    // It looks for its parent once it has started.
    const client = new Client(connection);
    await client.ready();
    client.close();
    parent.kill("SIGKILL");
    await gone([pid]);
  });

  it("says what is wrong with its arguments and ends", async () => {
    const entry = await builtKernel();
    for (const [args, pattern] of [
      [[], /0 connection files.*Usage/],
      [["--no-such", "x"], /--no-such.*Usage/],
      [["/no/such/file.json"], /Cannot read.*\/no\/such\/file\.json/],
    ] as const) {
      const child = spawn(process.execPath, [entry, ...args], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let text = "";
      child.stderr.on("data", (data) => {
        text += data;
      });
      const [code] = await once(child, "close");
      assert.equal(code, 1);
      assert.match(text, pattern);
    }
  });
});
