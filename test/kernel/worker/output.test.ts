/** Output: whole, in order, and under the cell that made it. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Output } from "../../../kernel/worker/types.ts";
import { Session } from "./session.ts";

describe("Output", () => {
  let session: Session;
  before(async () => {
    session = await Session.start();
  });
  after(() => session.end());

  it("is complete when the cell has ended", async () => {
    const { stdout, stderr } = await session.run(
      "for (let i = 0; i < 20_000; i++) { console.log(i); if (i % 100 === 0) console.error(i) }",
    );
    const numbers = Array.from({ length: 20_000 }, (_, i) => i);
    assert.equal(stdout, `${numbers.join("\n")}\n`);
    assert.equal(stderr, `${numbers.filter((i) => i % 100 === 0).join("\n")}\n`);
  });

  it("of one line of many megabytes arrives whole", async () => {
    const { stdout } = await session.run('process.stdout.write("é😀".repeat(1_000_000))');
    assert.equal(stdout, "é😀".repeat(1_000_000));
  });

  it("keeps the order of printing, showing, clearing and asking", async () => {
    const { outputs } = await session.run(
      'console.log(1); display(2); console.error(3); clearOutput(); display.html("<b>4</b>"); console.log(5); 6',
    );
    const brief = (output: Output): unknown => {
      if (output.type === "stream") return output.text;
      if (output.type === "display" || output.type === "result")
        return Object.values(output.data)[0];
      return output.type;
    };
    assert.deepEqual(outputs.map(brief), ["1\n", "2", "3\n", "clear", "<b>4</b>", "5\n", "6"]);
  });

  it("of process.stdout takes strings and bytes, also in parts of a character", async () => {
    const { stdout } = await session.run(`
      const bytes = Buffer.from("é😀");
      for (const byte of bytes) process.stdout.write(Buffer.of(byte));
      await new Promise((done) => process.stdout.write("callback", done));
      import { Readable } from "node:stream";
      import { pipeline } from "node:stream/promises";
      await pipeline(Readable.from(["a", "b"]), process.stdout, { end: false });`);
    assert.equal(stdout, "é😀callbackab");
  });

  it("of child processes and native code is complete when the cell has ended", async () => {
    const { stdout, stderr } = await session.run(`
      import { spawnSync, spawn } from "node:child_process";
      import { writeSync } from "node:fs";
      import { once } from "node:events";
      spawnSync("sh", ["-c", "seq 1 20000; echo err >&2"], { stdio: "inherit" });
      writeSync(1, "direct");
      await once(spawn("sh", ["-c", "echo spawned"], { stdio: "inherit" }), "exit");`);
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join("");
    assert.equal(stdout, `${lines}directspawned\n`);
    assert.equal(stderr, "err\n");
  });

  it("that looks like the kernel's own marks is text", async () => {
    const { stdout } = await session.run(
      'import { writeSync } from "node:fs"; writeSync(1, "\\0\\0abc:1\\0"); writeSync(1, "\\0")',
    );
    assert.equal(stdout, "\0\0abc:1\0\0");
  });

  it("of a child process stands where it was made between that of JavaScript", async () => {
    const { stdout } = await session.run(`
      import { execFileSync, execSync, spawnSync } from "node:child_process";
      for (let i = 0; i < 5; i++) {
        console.log("before", i);
        execSync("echo exec", { stdio: "inherit" });
        spawnSync("echo", ["spawn"], { stdio: "inherit" });
        execFileSync("echo", ["file"], { stdio: "inherit" });
        console.log("after", i);
      }`);
    const expected = [0, 1, 2, 3, 4].map((i) => `before ${i}\nexec\nspawn\nfile\nafter ${i}\n`);
    assert.equal(stdout, expected.join(""));
  });

  it("that comes late goes to its own cell", async () => {
    const first = await session.run(
      'setTimeout(() => console.log("late"), 100); console.log("now")',
    );
    const second = await session.run(
      'console.log("other"); await new Promise((r) => setTimeout(r, 200))',
    );
    assert.equal(first.stdout, "now\n");
    assert.equal(second.stdout, "other\n");
    assert.equal(session.printed(first.id), "now\nlate\n");
  });

  it("that comes late behind awaits of timers goes to its own cell", async function () {
    // Node 20 cannot tell without async hooks, which would make interrupting impossible.
    if (process.versions.node.startsWith("20.")) this.skip();
    const source = `void (async (sleep = (ms: number) => new Promise((r) => setTimeout(r, ms))) => {
      await sleep(20); console.log("one"); await sleep(20); await null; console.log("two") })(); 0`;
    const first = await session.run(source);
    await session.run("await new Promise((r) => setTimeout(r, 100))");
    assert.equal(session.printed(first.id), "one\ntwo\n");
  });

  it("that comes when no cell runs goes to its own cell", async () => {
    const { id } = await session.run('setTimeout(() => console.log("alone"), 20)');
    await sleep(100);
    assert.equal(session.printed(id), "alone\n");
  });

  it("of a silent cell has no result", async () => {
    const { outputs } = await session.run("5", { silent: true });
    assert.deepEqual(outputs, []);
  });

  it("of a slow client waits in the worker, and not in memory", async () => {
    const { worker } = session;
    const take = worker.onOutput;
    let taken = 0;
    worker.onOutput = async (output) => {
      taken++;
      take(output);
      await sleep(1);
    };
    const { id, run } = session.begin(
      'let sent = 0; for (; ; sent++) console.log(sent, "x".repeat(2_000))',
    );
    await sleep(200);
    assert.ok(taken < 1_000);
    await session.worker.interrupt();
    const { outcome } = await run;
    assert.equal(outcome.error?.ename, "Interrupted");
    worker.onOutput = take;
    const sent = Number(await session.value("sent"));
    assert.ok(sent < 20_000, `${sent} were sent`);
    const lines = session.printed(id).trim().split("\n");
    assert.ok(lines.every((line, i) => line.startsWith(`${i} x`) && line.endsWith("x")));
  });
});

describe("What is shown", () => {
  let session: Session;
  before(async () => {
    session = await Session.start();
  });
  after(() => session.end());

  it("can be changed by its handle and by its name", async () => {
    const { outputs } = await session.run(
      'const shown = display(1); shown.update(2); display(3, { displayId: "mine" }); display(4, { displayId: "mine", update: true })',
    );
    const brief = outputs.map((output) =>
      output.type === "display"
        ? [output.data["text/plain"], output.update, output.displayId]
        : output.type,
    );
    const id = outputs[0]?.type === "display" ? outputs[0].displayId : undefined;
    assert.ok(id);
    assert.deepEqual(brief, [
      ["1", false, id],
      ["2", true, id],
      ["3", false, "mine"],
      ["4", true, "mine"],
    ]);
  });

  it("belongs to the cell that shows it, and is there before its end", async () => {
    const { outputs } = await session.run(
      'display({ [Symbol.for("Jupyter.display")]: async () => { await new Promise((r) => setTimeout(r, 30)); return { "text/html": "slow" } } }); 0',
    );
    assert.deepEqual(
      outputs.map((output) => (output.type === "display" ? output.data : output.type)),
      [{ "text/html": "slow" }, "result"],
    );
  });

  it("is undefined too, where it is asked for", async () => {
    const { outputs } = await session.run("display(undefined); undefined");
    assert.deepEqual(
      outputs.map(({ type }) => type),
      ["display"],
    );
  });

  it("has its data by kind", async () => {
    const { outputs } = await session.run(
      'display.markdown("*a*"); display.latex("$x$"); display.svg("<svg/>"); display.png(Buffer.of(1, 2, 3)); display.raw({ "a/b": { c: 1 } })',
    );
    assert.deepEqual(
      outputs.map((output) => output.type === "display" && output.data),
      [
        { "text/markdown": "*a*" },
        { "text/latex": "$x$" },
        { "image/svg+xml": "<svg/>" },
        { "image/png": "AQID" },
        { "a/b": { c: 1 } },
      ],
    );
  });
});

describe("A question", () => {
  let session: Session;
  before(async () => {
    session = await Session.start();
  });
  after(() => session.end());

  it("waits for its answer, in loops and behind awaits", async () => {
    const asked: unknown[] = [];
    const { worker } = session;
    const take = worker.onOutput;
    worker.onOutput = (output) => {
      if (output.type === "input") {
        asked.push([output.prompt, output.password]);
        worker.reply(`answer ${asked.length}`);
      }
      return take(output);
    };
    const source =
      'const answers = []; for (let i = 0; i < 3; i++) { answers.push(prompt(i + "?")); await null } answers.push(prompt("secret", { password: true })); answers';
    const { result } = await session.run(source, { allowStdin: true });
    assert.equal(result, "[ 'answer 1', 'answer 2', 'answer 3', 'answer 4' ]");
    assert.deepEqual(asked, [
      ["0?", false],
      ["1?", false],
      ["2?", false],
      ["secret", true],
    ]);
    worker.onOutput = take;
  });

  it("is null where nobody answers, and an error where nobody can be asked", async () => {
    const { worker } = session;
    const { id, run } = session.begin('prompt("?")', { allowStdin: true });
    await session.whenOutput(({ cell, type }) => cell === id && type === "input");
    worker.reply(null);
    assert.equal((await run).result, "null");
    const { evalue } = await session.error('prompt("?")');
    assert.match(evalue, /prompt\(\) has nobody to ask/);
  });
});
