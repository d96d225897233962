import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { analyze } from "../../../kernel/cell/index.ts";
import { TypeScriptLanguage } from "../../../kernel/language/index.ts";
import { Server } from "../../../kernel/language/server.ts";
import { spawnServer } from "../../../kernel/language/spawn.ts";
import { Wire } from "../../../kernel/language/wire.ts";
import { isAlive, suspend } from "../processes.ts";
import { Notebook } from "./notebook.ts";

async function ended(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(10);
}

describe("language server process", () => {
  let notebook: Notebook;
  beforeEach(() => {
    notebook = new Notebook();
  });
  afterEach(() => notebook.close());

  it("starts when it is first needed", async () => {
    assert.equal(notebook.language.processId, undefined);
    await notebook.run("1");
    assert.ok(isAlive(notebook.language.processId!));
  });

  it("is asked again after it died, and knows what it knew", async () => {
    await notebook.run("const kept = 1; interface Kept { k: 1 }");
    await notebook.run("let other = kept;");
    const before = notebook.language.processId!;
    process.kill(before, "SIGKILL");
    assert.deepEqual(
      await notebook.run("kept.toFixed(); other = 2; const k: Kept = { k: 1 };"),
      [],
    );
    await ended(before);
    process.kill(notebook.language.processId!, "SIGKILL");
    assert.deepEqual(await notebook.texts("kept.toF|"), ["toFixed"]);
    process.kill(notebook.language.processId!, "SIGKILL");
    assert.match((await notebook.inspect("kep|t"))!.text, /const kept: 1/);
  });

  it("that is ended just when it has started leaves the one after it all documents", async () => {
    const server = new Server(notebook.directory, {}, ["a.mts"]);
    server.put("a.mts", "const text: string = 1;");
    const { request } = Wire.prototype;
    Wire.prototype.request = async function (method, params, signal) {
      const answer = await request.call(this, method, params, signal);
      if (method !== "initialize") return answer;
      Wire.prototype.request = request;
      // As when packages are installed just now.
      server.restart();
      server.start().catch(() => {});
      return answer;
    };
    try {
      await assert.rejects(server.start(), /ended while it started/);
      const document = { textDocument: { uri: server.uri("a.mts") } };
      const report = await server.request("textDocument/diagnostic", document, { limit: 30_000 });
      const { items } = report as { items: readonly { readonly code: number }[] };
      assert.ok(items.some(({ code }) => code === 2322));
    } finally {
      Wire.prototype.request = request;
      await server.dispose();
    }
  });

  it("that hangs lets the cell run unchecked, with a notice, and is replaced", async () => {
    const language = new TypeScriptLanguage({
      directory: notebook.directory,
      conditions: [],
      checkLimit: 1000,
    });
    let id = 0;
    /** As often as it takes a new server to start on a busy machine. */
    const check = async (source: string) => {
      for (;;) {
        const result = await language.check(++id, source, analyze(source));
        if (result.notice === undefined)
          return result.diagnostics.map(({ severity, code }) => `${severity} ${code}`);
      }
    };
    const early = "let early = 1;";
    assert.deepEqual(await check(early), []);
    language.commit(id, early, analyze(early), ["early"]);
    assert.deepEqual(await check("early"), []);
    const hanging = language.processId!;
    await suspend(hanging);
    const late = "let late = 'a'; class Late { n = 1 }";
    const { diagnostics, notice } = await language.check(++id, late, analyze(late));
    assert.deepEqual(diagnostics, []);
    assert.match(notice ?? "", /did not answer within 1 s\. The cell runs without a type check\./);
    language.commit(id, late, analyze(late), ["late", "Late"]);
    await ended(hanging);
    // What the server failed on has no types any more, so that it does not fail on it again; the rest has.
    const uses =
      "late.list.map((e) => e); late = 5; const l: Late<number> = new Late(1); early.toFixed();";
    assert.deepEqual(await check(uses), ["warning 7006"]);
    assert.deepEqual(await check("early = 'text'"), ["error 2322"]);
    await language.dispose();
  });

  describe("that was started ahead", () => {
    let language: TypeScriptLanguage;
    let id = 0;
    const check = async (source: string) => {
      const { diagnostics, notice } = await language.check(++id, source, analyze(source));
      assert.equal(notice, undefined);
      return diagnostics.map(({ severity, code }) => `${severity} ${code}`);
    };
    const declare = async (source: string, names: string[]) => {
      assert.deepEqual(await check(source), []);
      language.commit(id, source, analyze(source), names);
    };
    /** Asks all the while. */
    const renewed = async (before: number) => {
      for (let n = 0; language.processId === before; n++) {
        assert.deepEqual(await check("kept = 'text'"), ["error 2322"]);
        // Now and then it has time for itself.
        if (n % 20 === 19) await delay(1_600);
      }
    };

    beforeEach(async () => {
      const { directory } = notebook;
      const server = spawnServer(directory, "brief");
      language = new TypeScriptLanguage({ directory, conditions: [], server });
      await declare("let kept = 1; class Kept { k = 1 }", ["kept", "Kept"]);
    });
    afterEach(() => language.dispose());

    it("makes way for one that lasts, which knows what it knew, without an answer being lost", async () => {
      const before = language.processId!;
      await renewed(before);
      await ended(before);
      const lasting = language.processId!;
      assert.deepEqual(await check("new Kept().k.toFixed()"), []);
      await delay(2_000);
      assert.deepEqual(await check("new Kept().none"), ["error 2339"]);
      assert.equal(language.processId, lasting);
    });

    it("is replaced by one that lasts where it dies, before and while the other starts", async () => {
      for (const wait of [0, 1_520]) {
        await delay(wait);
        process.kill(language.processId!, "SIGKILL");
        assert.deepEqual(await check("kept = 'text'"), ["error 2322"]);
      }
      const last = language.processId!;
      await delay(2_000);
      assert.equal(language.processId, last);
    });

    it("ends with what is to take its place", async () => {
      await delay(1_520);
      await language.dispose();
      const { stdout } = await promisify(execFile)("ps", [
        "--ppid",
        `${process.pid}`,
        "-o",
        "args",
      ]);
      assert.doesNotMatch(stdout, /--lsp/);
    });
  });

  it("is no longer asked when a check is aborted", async () => {
    await notebook.run("const kept = 1;");
    const pid = notebook.language.processId!;
    await suspend(pid);
    const controller = new AbortController();
    const source = "const n: number = 'a';";
    const stopped = notebook.language.check(50, source, analyze(source), controller.signal);
    const queued = notebook.language.check(51, source, analyze(source), controller.signal);
    controller.abort();
    assert.deepEqual(await Promise.all([stopped, queued]), [
      { diagnostics: [] },
      { diagnostics: [] },
    ]);
    process.kill(pid, "SIGCONT");
    assert.deepEqual(await notebook.run("kept.toFixed();"), []);
    assert.equal(notebook.language.processId, pid);
  });

  it("that hangs gives no completion, and is replaced", async () => {
    const { directory } = notebook;
    const language = new TypeScriptLanguage({ directory, conditions: [], helpLimit: 1000 });
    const complete = () => language.complete("Ma", 2);
    while ((await complete()).items.length === 0);
    await suspend(language.processId!);
    assert.deepEqual(await complete(), { items: [], start: 0, end: 2 });
    while ((await complete()).items.length === 0);
    assert.equal(await language.inspect("nothing", 1, 0), undefined);
    await language.dispose();
  });

  it("that does not start in time lets cells run unchecked, and they keep their types", async () => {
    const { directory } = notebook;
    const language = new TypeScriptLanguage({ directory, conditions: [], checkLimit: 1 });
    const source = "let early = 1;";
    const { notice } = await language.check(1, source, analyze(source));
    assert.match(
      notice ?? "",
      /did not start within 0\.001 s\. The cell runs without a type check\./,
    );
    language.commit(1, source, analyze(source), ["early"]);
    while (!(await language.inspect("early", 1, 0))?.text.includes("let early: number"));
    await language.dispose();
  });

  it("is gone after dispose, and does not come back", async () => {
    await notebook.run("1");
    const pid = notebook.language.processId!;
    await notebook.language.dispose();
    assert.equal(isAlive(pid), false);
    const { notice } = await notebook.language.check(9, "1", analyze("1"));
    assert.match(notice ?? "", /The kernel is ending/);
    assert.equal(notebook.language.processId, undefined);
  });

  it("can be disposed of while it starts", async () => {
    const language = new TypeScriptLanguage({ directory: notebook.directory, conditions: [] });
    language.start();
    const check = language.check(1, "1", analyze("1"));
    await language.dispose();
    assert.match((await check).notice ?? "", /without a type check/);
    await delay(100);
    assert.equal(language.processId, undefined);
  });

  it("is not in the process group of the kernel, and ends when the kernel is killed", async function () {
    if (process.platform === "win32") this.skip();
    const room = new URL("../../../kernel/language/index.ts", import.meta.url).href;
    const program = `
      const { TypeScriptLanguage } = await import(${JSON.stringify(room)});
      const language = new TypeScriptLanguage({ directory: ${JSON.stringify(notebook.directory)}, conditions: [] });
      await language.complete("a", 1);
      console.log(language.processId);
      setInterval(() => {}, 1000);`;
    const kernel = spawn(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", program],
      {
        stdio: ["ignore", "pipe", "inherit"],
        cwd: new URL("../../..", import.meta.url),
        detached: true,
      },
    );
    const [output] = (await once(kernel.stdout!, "data")) as [Buffer];
    const pid = Number(output.toString());
    assert.ok(isAlive(pid));
    process.kill(-kernel.pid!, "SIGKILL");
    await ended(pid);
  });
});
