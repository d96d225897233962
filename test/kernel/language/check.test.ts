import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { analyze } from "../../../kernel/cell/index.ts";
import { TypeScriptLanguage } from "../../../kernel/language/index.ts";
import { Notebook } from "./notebook.ts";

/** What is marked by each diagnostic, with its severity. */
async function marks(notebook: Notebook, source: string): Promise<string[]> {
  const { diagnostics } = await notebook.language.check(1000, source, analyze(source));
  return diagnostics.map(({ severity, start, end }) => `${severity} ${source.slice(start, end)}`);
}

describe("checking a cell", () => {
  let notebook: Notebook;
  beforeEach(() => {
    notebook = new Notebook(["test-source"]);
  });
  afterEach(() => notebook.close());

  describe("positions", () => {
    for (const [title, source, marked] of [
      ["after a line with emoji", "const a = '😀😀'; /* 👩‍👩‍👧 */ wrong;", "wrong"],
      ["behind emoji in an identifier's line", "'😀'; ['𝒳', missing]", "missing"],
      ["with CRLF", "const a = 1;\r\nconst b = 2;\r\n  wrong;\r\n", "wrong"],
      ["with CR alone", "const a = 1;\rwrong;", "wrong"],
      ["with a byte-order mark", "\uFEFFwrong;", "wrong"],
      ["over several lines", "const t: number = `a\nb\nc`;", "t"],
      ["at the very end", "1 + wrong", "wrong"],
      ["with line separators in a text", "'a\u2028b'; wrong", "wrong"],
    ] as const) {
      it(`are the cell's own ${title}`, async () => {
        await notebook.run("const earlier = 1;");
        assert.deepEqual(await marks(notebook, source), [`error ${marked}`]);
        const used = `earlier;${source.startsWith("\uFEFF") ? source.slice(1) : source}`;
        assert.deepEqual(await marks(notebook, used), [`error ${marked}`]);
      });
    }
  });

  it("says nothing about style, and never blocks for it", async () => {
    for (const source of [
      "const unused = 1; function f(a: number, b: string) { const inner = 2; return 3; } import fs from 'node:fs';",
      "{ label: for (;;) { break; } }",
      "if (false) { console.log('never'); } 1; 'text'; [1, 2]; ({ a: 1 });",
      "await 1; async function g() { return 1; } g().then((v) => v);",
      "function outer() { return 1; console.log('unreachable'); }",
      "var hoisted = 1; var hoisted = 2;",
    ]) {
      assert.deepEqual(await marks(notebook, source), [], source);
    }
  });

  it("warns, and does not block, where a package has no types or Node is newer than its types", async () => {
    notebook.write("node_modules/untyped/package.json", '{ "name": "untyped", "main": "i.js" }');
    notebook.write("node_modules/untyped/i.js", "module.exports = { a: 1 };");
    assert.deepEqual(await marks(notebook, "import u from 'untyped'; u.a.b;"), [
      "warning 'untyped'",
    ]);
    assert.deepEqual(await marks(notebook, "import u from 'not-there'; u.a;"), [
      "error 'not-there'",
    ]);
  });

  it("warns, and does not block, where Node has a global that its types do not know", async () => {
    Object.defineProperty(globalThis, "newerGlobal", { value: { a: 1 }, configurable: true });
    try {
      assert.deepEqual(await marks(notebook, "newerGlobal.a;"), ["warning newerGlobal"]);
    } finally {
      Reflect.deleteProperty(globalThis, "newerGlobal");
    }
    assert.deepEqual(await marks(notebook, "newerGlobal.a;"), ["error newerGlobal"]);
  });

  it("knows Node's globals, with nothing installed, and no DOM", async () => {
    assert.deepEqual(
      await notebook.run(
        "await fetch('x'); setTimeout(() => {}, 1); Buffer.from('a'); process.pid; structuredClone(new URL('a:b')); new AbortController(); performance.now(); console.log();",
      ),
      [],
    );
    assert.deepEqual(await marks(notebook, "document.body"), ["error document"]);
  });

  it("is not made where the first line says so; the types carry on", async () => {
    for (const head of [
      "// @ts-nocheck",
      "//@ts-nocheck why not",
      "\uFEFF// @ts-nocheck",
      "// a\r\n// @ts-nocheck",
    ]) {
      assert.deepEqual(
        await notebook.run(`${head}\nconst n: number = 'a'; let free = 1;`),
        [],
        head,
      );
    }
    assert.deepEqual(await notebook.run("n.toFixed(); free = 2;"), []);
    assert.equal((await notebook.run("const x: number = 'a'; // @ts-nocheck")).length, 1);
    assert.deepEqual(await notebook.run("// @ts-ignore\nconst x: number = 'a';"), []);
  });

  it("honours a reference directive at the top", async () => {
    assert.deepEqual(
      await notebook.run('// The page\n/// <reference lib="dom" />\nconst w = document.title;'),
      [],
    );
  });

  it("does not show names of a failed cell, nor values that a cell did not reach", async () => {
    assert.equal((await notebook.run("const failedCell = 1; const t: string = 2;")).length, 1);
    assert.deepEqual(await notebook.run("failedCell"), [
      "2304 [failedCell] Cannot find name 'failedCell'.",
    ]);
    const half =
      "const one = 1; throw new Error(); let two = 2; class Three { n = 1 } interface Four {}";
    await notebook.run(`// @ts-nocheck\n${half}`, ["one"]);
    assert.deepEqual(
      await notebook.run("one; let three: Three | undefined; let four: Four = {};"),
      [],
    );
    for (const name of ["two", "new Three()"]) {
      const errors = await notebook.run(name);
      assert.equal(errors.length, 1);
      assert.match(
        errors[0]!,
        /has no value: the cell that declares it stopped before that line\./,
      );
    }
    await notebook.run("// @ts-nocheck\nthrow 1; const one = 'other';", []);
    assert.deepEqual(await notebook.run("one.toFixed()"), []);
    await notebook.run("let two = 'again';");
    assert.deepEqual(await notebook.run("two.length"), []);
  });

  it("gives one error that says what to write where a name is used before it is declared anew", async () => {
    await notebook.run("let x = 1; class A {} const f = (n: number) => n + 1;");
    assert.deepEqual(await notebook.run("const x = x + 1;"), [
      "2448 [x] 'x' is declared anew in this cell and has no value yet here. Give the new one another name, or assign to the earlier one: 'x = …'.",
    ]);
    assert.equal((await notebook.run("class A extends A {}")).length, 1);
    assert.equal((await notebook.run("const x = ((n: number) => n + 1)(x);")).length, 1);
    assert.deepEqual(await notebook.run("x = f(x);"), []);
  });

  it("says what a name is that cannot be assigned to", async () => {
    await notebook.run("const k = 1; function f() {} class C {} enum E { A }");
    for (const [name, what] of [
      ["k", "a constant"],
      ["f", "a function"],
      ["C", "a class"],
      ["E", "an enum"],
    ]) {
      const [error] = await notebook.run(`${name} = undefined as never;`);
      assert.match(error!, new RegExp(`Cannot assign to '${name}' because it is ${what}\\.`));
    }
  });

  it("names types of other cells without the module that they are in", async () => {
    await notebook.run(
      "class Model { a = 1 } namespace N { export class Inner { b = 1 } } const s = Symbol();",
    );
    const errors = [
      ...(await notebook.run("const n: number = new Model();")),
      ...(await notebook.run("const m: Model = { b: new N.Inner(), [s]: 1 };")),
      ...(await notebook.run("const m: { a: typeof import('node:fs') } = { a: Model };")),
    ];
    assert.equal(errors.length, 3);
    assert.doesNotMatch(errors.join("\n"), /notebook-|cell-\d/);
  });

  it("forgets everything on reset", async () => {
    await notebook.run("const gone = 1; interface Gone {} declare global { var alsoGone: number }");
    notebook.language.reset();
    for (const name of ["gone", "let g: Gone;", "alsoGone"]) {
      assert.match((await notebook.run(name))[0] ?? "no error", /Cannot find name/);
    }
    assert.deepEqual(await notebook.run("const gone = 'new'; gone.length;"), []);
  });

  it("takes garbage and huge cells", async () => {
    for (const source of [
      "",
      " ",
      "\n\n",
      "@#%&*",
      "const",
      "`${",
      "/*",
      "\0\0",
      "}{",
      "#!/usr/bin/env node\n1",
    ]) {
      const { notice } = await notebook.language.check(1, source, analyze(source));
      assert.equal(notice, undefined, source);
    }
    const huge = `${Array.from({ length: 20_000 }, (_, i) => `const c${i} = ${i};`).join("\n")}\nwrong;`;
    assert.deepEqual(await marks(notebook, huge), ["error wrong"]);
    const long = `const text = "${"😀".repeat(500_000)}"; wrong;`;
    assert.deepEqual(await marks(notebook, long), ["error wrong"]);
    assert.deepEqual(await notebook.run("const after = 1;"), []);
  });

  it("answers several checks at once, each for its own cell", async () => {
    await notebook.run("const n = 1;");
    const sources = Array.from({ length: 20 }, (_, i) => `n.toFixed(); wrong${i};`);
    const all = await Promise.all(sources.map((source) => marks(notebook, source)));
    assert.deepEqual(
      all,
      sources.map((_, i) => [`error wrong${i}`]),
    );
  });

  it("uses documents again, so that a loop of cells does not grow", async () => {
    for (let i = 0; i < 30; i++) {
      assert.deepEqual(
        await notebook.run(`const n = ${i}; const list = [n]; list.map((v) => v);`),
        [],
      );
      assert.deepEqual(await notebook.run("list[0]"), []);
    }
    assert.equal(existsSync(notebook.directory), true);
    const texts = await notebook.texts("import {} from './|'");
    assert.deepEqual(texts, []);
  });

  it("writes nothing into the notebook's folder, whatever its name", async () => {
    const odd = new Notebook();
    odd.write("ü #%20 [x]/m.ts", "export const m: number = 1;");
    const directory = `${odd.directory}/ü #%20 [x]`;
    const language = new TypeScriptLanguage({ directory, conditions: [] });
    const source = "import { m } from './m'; const s: string = m;";
    const { diagnostics } = await language.check(1, source, analyze(source));
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      [2322],
    );
    await language.dispose();
    const { readdirSync } = await import("node:fs");
    assert.deepEqual(readdirSync(directory), ["m.ts"]);
    await odd.close();
  });
});
