/** The worker process's end, and the beginning of the next one. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../processes.ts";
import { Session } from "./session.ts";

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(10);
}

describe("A worker process", () => {
  let session: Session;
  beforeEach(async () => {
    session = await Session.start();
  });
  afterEach(() => session.end());

  const ends: readonly [string, string, RegExp][] = [
    ["that is killed", 'process.kill(process.pid, "SIGKILL")', /ended by SIGKILL/],
    ["that exits", "process.exit(3)", /exit code 3/],
    ["that aborts", "process.abort()", /ended by SIGABRT/],
    [
      "that exits in a timer",
      "setTimeout(() => process.exit(0), 1); await new Promise(() => {})",
      /exit code 0/,
    ],
  ];
  for (const [title, source, reason] of ends) {
    it(`${title} ends the cell with an error, and the next one starts`, async () => {
      await session.run("const lost = 1");
      const { outcome, stdout } = await session.run(`console.log("last words"); ${source}`);
      assert.equal(outcome.status, "error");
      assert.match(outcome.error?.evalue ?? "", reason);
      assert.match(outcome.error?.evalue ?? "", /variables are lost; run the cells again/);
      assert.equal(stdout, "last words\n");
      assert.equal(session.losses.length, 1);
      assert.equal(await session.value("typeof lost"), "'undefined'");
    });
  }

  it("that ends between cells is noticed", async () => {
    await session.run("setTimeout(() => process.exit(5), 20)");
    while (session.losses.length === 0) await sleep(5);
    assert.match(session.losses[0] ?? "", /exit code 5/);
    assert.equal(await session.value("1"), "1");
  });

  it("takes what cells started with it, at its end, restart and loss", async () => {
    const start =
      'import { spawn } from "node:child_process"; spawn("sleep", ["1000"], { stdio: "ignore" }).pid';
    const first = Number(await session.value(start));
    assert.ok(isAlive(first));
    await session.restart();
    await gone(first);
    const second = Number(await session.value(start));
    await session.run("process.exit(0)");
    await gone(second);
    const third = Number(await session.value(start));
    await session.worker.dispose();
    await gone(third);
  });

  it("that is restarted has no names, and its cell ends", async () => {
    await session.run("const lost = 1");
    const { run } = session.begin("while (true) {}");
    await sleep(100);
    await session.restart();
    assert.equal((await run).outcome.status, "error");
    assert.equal(await session.value("typeof lost"), "'undefined'");
    assert.deepEqual(session.losses, []);
  });

  it("runs what its cells registered for its end", async () => {
    await session.run(
      'import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync("ended", ""))',
    );
    await session.restart();
    assert.equal(
      await session.value('import { existsSync } from "node:fs"; existsSync("ended")'),
      "true",
    );
  });

  it("is replaced at the second interrupt where the first is in vain, and says so", async () => {
    await session.run("const lost = 1");
    const source =
      'import { execSync } from "node:child_process"; console.log("go"); execSync("sleep 60")';
    const { run } = session.begin(source);
    await session.whenPrinted("go");
    const first = session.worker.interrupt();
    await sleep(1_100);
    await session.worker.interrupt();
    await first;
    const { outcome } = await run;
    assert.match(outcome.error?.evalue ?? "", /interrupted twice.*variables are lost/);
    assert.equal(await session.value("typeof lost"), "'undefined'");
  });

  it("with async hooks is stopped where that is possible, and replaced where it is not", async () => {
    await session.run(
      'import { AsyncLocalStorage } from "node:async_hooks"; const storage = new AsyncLocalStorage()',
    );
    for (const source of [
      'storage.run(1, () => { console.log("go"); while (true) {} })',
      'await storage.run(1, async () => { console.log("go"); while (true) await null })',
      'await storage.run(1, async () => { await new Promise((r) => setTimeout(r, 5)); console.log("go"); while (true) {} })',
      'import { readFile } from "node:fs/promises"; await storage.run(1, async () => { await readFile("/dev/null"); console.log("go"); while (true) {} })',
      'await storage.run(1, async () => { console.log("go"); await new Promise(() => {}) })',
    ]) {
      if (session.losses.length > 0) {
        await session.run(
          'import { AsyncLocalStorage } from "node:async_hooks"; const storage = new AsyncLocalStorage()',
        );
      }
      const { id, run } = session.begin(source);
      await session.whenOutput((output) => output.cell === id);
      await sleep(30);
      await session.worker.interrupt();
      const { outcome } = await run;
      assert.match(outcome.error?.ename ?? "", /^(Interrupted|WorkerEnded)$/, source);
      if (outcome.error?.ename === "WorkerEnded")
        assert.match(outcome.error.evalue, /AsyncLocalStorage/);
      assert.equal(await session.value("1 + 1"), "2");
    }
    if (!process.versions.node.startsWith("20.")) assert.deepEqual(session.losses, []);
  });

  it("answers many cells in a row", async () => {
    await session.run("let sum = 0");
    for (let i = 0; i < 200; i++) await session.run(`sum += ${i}`);
    assert.equal(await session.value("sum"), "19900");
  });
});
