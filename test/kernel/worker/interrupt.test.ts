/** Interrupting: what runs stops, the state stays, and nothing goes on. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { endless, endlessFiles } from "../endless.ts";
import { Session } from "./session.ts";

/** Ticks without end that each throw what is reported under the cell. */
const endlessThrowing = `
  console.log("go");
  const again = () => { process.nextTick(again); throw new Error("one of many") };
  process.nextTick(again);
  await new Promise(() => {})`;

describe("An interrupt", () => {
  let session: Session;
  before(async () => {
    session = await Session.start();
    session.write(endlessFiles);
    await session.value("const kept = 41");
  });
  after(() => session.end());

  /** Runs a cell until it prints, and interrupts it. */
  async function interrupt(source: string): Promise<string | undefined> {
    const { id, run } = session.begin(source, { allowStdin: true });
    await session.whenOutput((output) => output.type === "stream" && output.cell === id);
    await sleep(20);
    await session.worker.interrupt();
    const { outcome } = await run;
    assert.deepEqual(session.losses, []);
    return outcome.error?.ename;
  }

  for (const [title, source] of Object.entries(endless)) {
    it(`stops ${title}, and keeps the state`, async () => {
      assert.equal(await interrupt(source), "Interrupted");
      assert.equal(await session.value("kept + 1"), "42");
    });
  }

  it("keeps what the cell had reached", async () => {
    await interrupt('const reachedBefore = 7; console.log("go"); while (true) {}; const after = 1');
    assert.equal(await session.value("[reachedBefore, typeof after]"), "[ 7, 'undefined' ]");
  });

  const modules: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "./local.ts": { "local.ts": 'import "./endless.ts"; export const never = 1;' },
    "./waiting.ts": { "waiting.ts": 'console.log("go"); await new Promise(() => {}); export {};' },
    "./common.cjs": { "common.cjs": 'exports.half = 1; console.log("go"); while (true) {}' },
    "endless-package": {
      "node_modules/endless-package/package.json": '{ "type": "module", "exports": "./main.js" }',
      "node_modules/endless-package/main.js": 'console.log("go"); while (true) {}',
    },
  };

  for (const [specifier, files] of Object.entries(modules)) {
    it(`has ${specifier}, which it stopped, loaded anew, and keeps what was loaded`, async () => {
      session.write({ ...files, "loaded.ts": "export const state = { count: 0 };" });
      const source = `const { state } = await import("./loaded.ts"); state.count++; await import("${specifier}")`;
      assert.equal(await interrupt(source), "Interrupted");
      assert.equal(await interrupt(source), "Interrupted");
      if (specifier.endsWith(".cjs")) {
        assert.equal(await interrupt(`require("${specifier}")`), "Interrupted");
        assert.equal(await interrupt(`require("${specifier}")`), "Interrupted");
      }
      const count = await session.value('(await import("./loaded.ts")).state.count');
      assert.equal(Number(count) % 2, 0);
      assert.ok(Number(count) > 0);
    });
  }

  it("keeps what a loop had reached that only computes", async () => {
    await interrupt(
      'console.log("go"); let far = 0, near = 0; while (true) { far++; near = far * 2 }',
    );
    const [far, near] = JSON.parse(
      (await session.value("JSON.stringify([far, near])"))!.slice(1, -1),
    );
    assert.ok(far > 0);
    assert.equal(near, far * 2);
  });

  it("stops what a cell left behind when it ended: a loop in a timer", async () => {
    await session.run('setTimeout(() => { console.log("left behind"); while (true) {} }, 30)');
    await session.whenPrinted("left behind");
    await session.worker.interrupt();
    assert.equal(await session.value("kept"), "41");
    assert.deepEqual(session.losses, []);
  });

  it("stops what a cell left behind when it ended: a loop behind an await", async () => {
    const source =
      '(async () => { await new Promise((r) => setTimeout(r, 30)); console.log("forgotten"); while (true) {} })(); 0';
    await session.run(source);
    await session.whenPrinted("forgotten");
    await session.worker.interrupt();
    assert.equal(await session.value("kept"), "41");
    assert.deepEqual(session.losses, []);
  });

  it("ends the timers and loops of the cell", async () => {
    const { id, run } = session.begin(`
      let ticks = 0;
      setInterval(() => ticks++, 1);
      (async () => { while (true) { await new Promise((r) => setTimeout(r, 1)); ticks++ } })();
      console.log("ticking");
      await new Promise(() => {});`);
    await session.whenOutput((output) => output.cell === id);
    await sleep(30);
    await session.worker.interrupt();
    await run;
    const before = await session.value("ticks");
    await sleep(50);
    assert.equal(await session.value("ticks"), before);
    assert.ok(Number(before) > 0);
  });

  const rounds: Record<string, string> = {
    "a loop of its own": "while (true) { rounds++; await readFile('data.txt') }",
    "a function of an earlier cell": "await endlessly()",
    "a function that nobody waits for": "void endlessly(); await new Promise(() => {})",
    "an arrow function of an earlier cell": "await recurring()",
    "for await": "for await (const _ of reading()) rounds++",
    "a method": "await new Looper().loop()",
  };
  it("ends loops of input and output too", async () => {
    await session.value(`
      import { readFile } from "node:fs/promises";
      let rounds = 0;
      async function endlessly(): Promise<void> { while (true) { rounds++; await readFile("data.txt") } }
      const recurring = async (): Promise<void> => (rounds++, await readFile("data.txt"), await recurring());
      async function once() { await readFile("data.txt"); return "read" }
      async function* reading() { while (true) yield await readFile("data.txt") }
      class Looper { async loop() { for (;;) { await readFile("data.txt"); rounds++ } } }`);
    for (const [title, source] of Object.entries(rounds)) {
      assert.equal(
        await interrupt(`rounds = 0; console.log("go"); ${source}`),
        "Interrupted",
        title,
      );
      await sleep(20);
      const before = await session.value("rounds");
      await sleep(50);
      assert.equal(await session.value("rounds"), before, title);
      assert.ok(Number(before) > 0, title);
      // The functions themselves are not stopped.
      assert.equal(await session.value("await once()"), "'read'");
    }
  });

  it("leaves what later cells print in callbacks to these cells", async () => {
    for (let i = 0; i < 10; i++) {
      await interrupt(endless["a loop of timers"]!);
      const { stdout } = await session.run(
        'import { readFile } from "node:fs"; await new Promise<void>((done) => readFile("data.txt", () => { console.log("mine"); done() }))',
      );
      assert.equal(stdout, "mine\n");
    }
  });

  it("is told to libraries that listen", async () => {
    const { id, run } = session.begin(`
      const signal: AbortSignal = (globalThis as any)[Symbol.for("Jupyter.signal")];
      let heard = 0;
      signal.addEventListener("abort", () => heard++);
      console.log("listening");
      await new Promise(() => {});`);
    await session.whenOutput((output) => output.cell === id);
    await session.worker.interrupt();
    await run;
    assert.equal(await session.value("[heard, signal.aborted]"), "[ 1, true ]");
    assert.equal(
      await session.value('(globalThis as any)[Symbol.for("Jupyter.signal")].aborted'),
      "false",
    );
  });

  it("leaves the timers of other cells alone", async () => {
    await session.run("let beats = 0; const beating = setInterval(() => { beats++ }, 1)");
    await interrupt('console.log("go"); await new Promise(() => {})');
    const before = Number(await session.value("beats"));
    await sleep(30);
    assert.ok(Number(await session.value("beats")) > before);
    await session.run("clearInterval(beating)");
  });

  it("waits for a native call, and keeps the state", async () => {
    const source =
      'console.log("go"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000)';
    assert.equal(await interrupt(source), "Interrupted");
    const sleeping =
      'import { execSync } from "node:child_process"; console.log("go"); execSync("sleep 0.5"); while (true) {}';
    assert.equal(await interrupt(sleeping), "Interrupted");
    assert.equal(await session.value("kept"), "41");
  });

  it("when nothing runs does nothing", async () => {
    for (let i = 0; i < 5; i++) await session.worker.interrupt();
    assert.equal(await session.value("kept"), "41");
  });

  it("does not strike the next cell, 200 times in a row", async function () {
    this.timeout(240_000);
    const sources = Object.values(endless).filter((source) => !source.includes("endless.ts"));
    for (let i = 0; i < 200; i++) {
      // A cell that prints all the time has printed a lot by then, which each look goes through.
      session.outputs.length = 0;
      assert.equal(await interrupt(sources[i % sources.length]!), "Interrupted");
      assert.equal(await session.value(`kept + ${i}`), String(41 + i));
    }
    assert.deepEqual(session.losses, []);
  });

  it("finds a loop of ticks between two of them, and stops it all the same", async function () {
    // It does so once in about fifty times.
    this.timeout(120_000);
    const loops = [endless["a loop of ticks"]!, endlessThrowing];
    for (let i = 0; i < 120; i++) {
      session.outputs.length = 0;
      assert.equal(await interrupt(loops[i % loops.length]!), "Interrupted");
      assert.equal(await session.value("kept"), "41");
    }
  });

  it("that comes at any moment of short cells harms none of the others", async () => {
    for (let i = 0; i < 60; i++) {
      const { run } = session.begin(
        `await new Promise((r) => setTimeout(r, ${i % 5})); for (let i = 0; i < 1e5; i++) {} "ran"`,
      );
      await sleep(i % 7);
      await session.worker.interrupt();
      const { outcome, result } = await run;
      assert.ok(
        outcome.status === "ok" ? result === "'ran'" : outcome.error?.ename === "Interrupted",
      );
      assert.equal(await session.value("kept"), "41");
    }
    assert.deepEqual(session.losses, []);
  });
});

describe("An interrupt of a process that has just been started", () => {
  let session: Session;
  beforeEach(async () => {
    session = await Session.start();
  });
  afterEach(() => session.end());

  it("does nothing before the first cell", async () => {
    await session.worker.interrupt();
    assert.equal(await session.value("1 + 1"), "2");
  });

  for (const source of ["while (true) {}", 'require("node:path"); while (true) {}']) {
    it(`stops a first cell of ${source} as soon as it runs`, async () => {
      // What watches is started with the first cell too.
      const { id, run } = session.begin(`console.log("go"); ${source}`);
      await session.whenOutput((output) => output.type === "stream" && output.cell === id);
      await session.worker.interrupt();
      const { outcome } = await run;
      assert.equal(outcome.error?.ename, "Interrupted");
      assert.equal(await session.value("1 + 1"), "2");
      assert.deepEqual(session.losses, []);
    });
  }
});
