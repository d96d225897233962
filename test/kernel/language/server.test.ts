import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { analyze } from "../../../kernel/cell/index.ts";
import { TypeScriptLanguage } from "../../../kernel/language/index.ts";
import { Notebook } from "./notebook.ts";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

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

  it("that hangs lets the cell run unchecked, with a notice, and is replaced", async () => {
    const language = new TypeScriptLanguage({
      directory: notebook.directory,
      conditions: [],
      checkLimit: 400,
    });
    const check = (id: number, source: string) => language.check(id, source, analyze(source));
    await check(1, "1");
    language.commit(1, "let early = 1;", analyze("let early = 1;"), ["early"]);
    await check(2, "early");
    const hanging = language.processId!;
    process.kill(hanging, "SIGSTOP");
    const source = "let late = 'a'; class Late { n = 1 }";
    const { diagnostics, notice } = await check(3, source);
    assert.deepEqual(diagnostics, []);
    assert.match(
      notice ?? "",
      /did not answer within 0\.4 s\. The cell runs without a type check\./,
    );
    language.commit(3, source, analyze(source), ["late", "Late"]);
    await ended(hanging);
    await delay(600);
    // What the server failed on has no types any more, so that it does not fail on it again; the rest has.
    const uses = "late.anything; late = 5; const l: Late<number> = new Late(1); early.toFixed();";
    assert.deepEqual(await check(4, uses), { diagnostics: [] });
    assert.deepEqual(
      (await check(5, "early = 'text'")).diagnostics.map(({ code }) => code),
      [2322],
    );
    await language.dispose();
  });

  it("that hangs gives no completion, and is replaced", async () => {
    const language = new TypeScriptLanguage({
      directory: notebook.directory,
      conditions: [],
      helpLimit: 300,
    });
    assert.ok((await language.complete("Ma", 2)).items.length > 0);
    process.kill(language.processId!, "SIGSTOP");
    assert.deepEqual(await language.complete("Ma", 2), { items: [], start: 0, end: 2 });
    await delay(600);
    assert.ok((await language.complete("Ma", 2)).items.length > 0);
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
