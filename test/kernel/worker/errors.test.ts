/** Errors point at the TypeScript, and show nothing that the kernel added. */
import assert from "node:assert/strict";
import { plain, Session } from "./session.ts";

const files: Record<string, string> = {
  "helper.ts":
    "interface A { x: number }\n\nexport function fail(a: A): never {\n  throw new RangeError('too far ' + a.x);\n}\n",
  "broken.ts": "export const fine = 1;\nexport const a = ;\n",
  "throws.ts": "type X = 1;\n\n  throw new Error('at load');\n",
  "node_modules/pkg/package.json": '{ "name": "pkg", "type": "module", "exports": "./i.js" }',
  "node_modules/pkg/i.js": "export function go(f) { return f() }",
};

describe("An error", () => {
  let session: Session;
  before(async () => {
    session = await Session.start();
    session.write(files);
  });
  after(() => session.end());

  /** The lines of a traceback that begin with `at`, with `n` for the number of the last cell. */
  async function frames(source: string): Promise<string[]> {
    const { outcome, id } = await session.run(source);
    const text = plain(outcome.error?.traceback.join("\n") ?? "");
    const lines = text.split("\n").filter((line) => /^\s+at /.test(line));
    return lines.map((line) => line.trim().replaceAll(`cell[${id}]`, "cell[n]"));
  }

  it("points at line and column of the TypeScript, through functions of earlier cells", async () => {
    const { id } = await session.run(
      "interface Lines { that: 'vanish' }\n\nfunction deep(n: number): number {\n  if (n === 0) throw new Error('boom');\n  return deep(n - 1);\n}",
    );
    assert.deepEqual(await frames("type Another = 1;\nconst y: number = 1;\ndeep(1)"), [
      `at deep (cell[${id}]:4:22)`,
      `at deep (cell[${id}]:5:10)`,
      "at cell[n]:3:1",
    ]);
  });

  it("shows the line that threw, with its neighbours and a mark", async () => {
    const { text } = await session.error("const a: any = 1;\n\nlet b = 2;\na.b.c;\n'last'");
    assert.match(text, /^TypeError: Cannot read properties of undefined \(reading 'c'\)\n/);
    assert.match(text, /\n {2}3 \| let b = 2;\n> 4 \| a\.b\.c;\n {4}\| {5}\^\n {2}5 \| 'last'\n/);
  });

  it("has colours", async () => {
    const { outcome } = await session.run("throw new Error('red')");
    const [head = ""] = outcome.error?.traceback ?? [];
    assert.equal(plain(head), "Error: red");
    assert.notEqual(head, plain(head));
  });

  it("points into local modules as they were written", async () => {
    assert.deepEqual(await frames('import { fail } from "./helper.ts"\nfail({ x: 5 })'), [
      "at fail (helper.ts:4:9)",
      "at cell[n]:2:1",
    ]);
    assert.deepEqual(await frames('import "./throws.ts"'), ["at throws.ts:3:9", "at cell[n]:1:1"]);
  });

  it("passes through packages", async () => {
    const source = 'import { go } from "pkg"\ngo(() => { throw new Error("through") })';
    assert.deepEqual(await frames(source), [
      "at cell[n]:2:18",
      "at go (node_modules/pkg/i.js:1:32)",
      "at cell[n]:2:1",
    ]);
  });

  it("of asynchronous code says who waited", async () => {
    const source =
      "async function late() {\n  await null;\n  throw new Error('late');\n}\nawait late()";
    assert.deepEqual(await frames(source), ["at late (cell[n]:3:9)", "at async cell[n]:5:1"]);
  });

  it("of an import says where the import stands, and nothing of the loader", async () => {
    for (const [source, message, line] of [
      [
        'import x from "not-there"',
        /^Cannot find package 'not-there' imported from cell\[\d+\]$/,
        1,
      ],
      [
        '\n\nimport y from "./not-there.ts"',
        /^Cannot find module 'not-there.ts' imported from cell\[\d+\]$/,
        3,
      ],
      [
        '\nimport { a } from "./broken.ts"',
        /^broken\.ts:2:18: Unexpected ";"\n\n> 2 \| export const a = ;\n/,
        2,
      ],
    ] as const) {
      const { evalue, text } = await session.error(source);
      assert.match(evalue, message);
      assert.match(text, new RegExp(String.raw`at cell\[\d+\]:${line}:1\n`));
      assert.doesNotMatch(text, /node:internal|process\.mjs|parts\//);
    }
  });

  it("shows its cause, and the errors it gathers", async () => {
    const { text } = await session.error(
      "throw new Error('outer', { cause: new TypeError('inner', { cause: 'deepest' }) })",
    );
    assert.match(text, /^Error: outer\n/);
    assert.match(text, /\[cause\]: TypeError: inner\n/);
    assert.match(text, /\[cause\]: 'deepest'/);
    const gathered = await session.error("throw new AggregateError([new Error('a'), 'b'], 'many')");
    assert.match(gathered.text, /^AggregateError: many\n/);
    assert.match(gathered.text, /\[errors\]\[0\]: Error: a\n/);
    assert.match(gathered.text, /\[errors\]\[1\]: 'b'/);
  });

  it("shows what else it carries", async () => {
    const { ename, text } = await session.error(
      'import { readFileSync } from "node:fs"\nreadFileSync("/no/such")',
    );
    assert.equal(ename, "Error");
    assert.match(text, /code: 'ENOENT'.*path: '\/no\/such'/);
  });

  it("has its own name", async () => {
    const error = await session.error(
      "class OwnError extends Error { override name = 'OwnError' }\nthrow new OwnError('mine')",
    );
    assert.deepEqual([error.ename, error.evalue], ["OwnError", "mine"]);
  });

  it("can be anything", async () => {
    for (const [source, ename, evalue] of [
      ["throw 'text'", "Uncaught", "'text'"],
      ["throw { a: 1 }", "Uncaught", "{ a: 1 }"],
      ["throw undefined", "Uncaught", "undefined"],
      ["throw Symbol('s')", "Uncaught", "Symbol(s)"],
      ["throw Object.create(null)", "Uncaught", "[Object: null prototype] {}"],
      ["const e = new Error('gone'); e.stack = undefined as any; throw e", "Error", "gone"],
      ["throw new Proxy({}, { get() { throw 1 } })", "Error", /cannot be shown/],
      [
        "const f = new Error(); Object.defineProperty(f, 'message', { get() { throw 1 } }); throw f",
        "Error",
        /cannot be shown/,
      ],
      ["({ [Symbol.for('Jupyter.display')]() { throw new Error('shy') } })", "Error", "shy"],
      [
        "({ [Symbol.for('Jupyter.display')]: async () => { throw new Error('shy') } })",
        "Error",
        "shy",
      ],
    ] as const) {
      const error = await session.error(source);
      assert.equal(error.ename, ename, source);
      if (typeof evalue === "string") assert.equal(error.evalue, evalue, source);
      else assert.match(error.evalue, evalue, source);
    }
  });

  it("of a value's own text is told in its place, as the cell itself has done its work", async () => {
    const source = "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('deep') } })";
    assert.equal(await session.value(source), "An object that cannot be shown: deep");
  });

  it("speaks of names as the cell writes them", async () => {
    await session.run("const fixed = 1; let some: any = {}; const none: any = undefined");
    for (const [source, evalue] of [
      ["some()", "some is not a function"],
      ["new some()", "some is not a constructor"],
      ["for (const x of some) {}", "some is not iterable"],
      ["const { a } = none", /Cannot destructure property 'a' of 'none' as it is undefined/],
      ["none.a", "Cannot read properties of undefined (reading 'a')"],
      ["some.method()", "some.method is not a function"],
      ["(fixed as any) = 2", "Assignment to constant variable 'fixed'."],
      ["const own = 1; (own as any)++", "Assignment to constant variable 'own'."],
      ["const taken = 1; ({ taken } = {} as any)", "Assignment to constant variable 'taken'."],
      ["missing + 1", "missing is not defined"],
      ["missing = 1", "missing is not defined"],
      [
        'import { basename } from "node:path"; (basename as any) = 1',
        "Assignment to constant variable 'basename'.",
      ],
      [
        'import { noSuchName } from "./helper.ts"; noSuchName',
        "./helper.ts does not export a value named noSuchName",
      ],
    ] as const) {
      const error = await session.error(source);
      if (typeof evalue === "string") assert.equal(error.evalue, evalue, source);
      else assert.match(error.evalue, evalue, source);
    }
  });

  it("keeps what was declared before it, and nothing after", async () => {
    await session.error(
      "const before1 = 1; function whole() { return 2 } throw new Error('between'); const after1 = 3",
    );
    assert.equal(await session.value("[before1, whole(), typeof after1]"), "[ 1, 2, 'undefined' ]");
  });

  it("has a stack that speaks of the TypeScript, in console.trace too", async () => {
    const { id, stdout } = await session.run("type T = 1;\nconsole.log(new Error('x').stack)");
    assert.equal(stdout, `Error: x\n    at cell[${id}]:2:13\n`);
    const traced = await session.run("type T2 = 1;\nconsole.trace('here')");
    assert.equal(traced.stderr, `Trace: here\n    at cell[${traced.id}]:2:9\n`);
  });

  it("that nobody catches is shown under the cell that made it, and ends nothing", async () => {
    for (const source of [
      "Promise.reject(new Error('nobody')); 0",
      "setTimeout(() => { throw new Error('nobody') }, 5); 0",
      "setImmediate(() => { throw new Error('nobody') }); 0",
      "process.nextTick(() => { throw new Error('nobody') }); 0",
      "queueMicrotask(() => { throw new Error('nobody') }); 0",
      "setTimeout(async () => { await null; throw new Error('nobody') }, 5); 0",
      'import { readFile } from "node:fs"; readFile("helper.ts", () => { throw new Error("nobody") }); 0',
    ]) {
      const { id, outcome, result } = await session.run(source);
      assert.equal(outcome.status, "ok", source);
      assert.equal(result, "0");
      const shown = await session.whenOutput(({ cell, type }) => cell === id && type === "error");
      assert.equal(shown.type === "error" && shown.error.evalue, "nobody", source);
      const count = session.outputs.filter(
        (output) => output.cell === id && output.type === "error",
      );
      assert.equal(count.length, 1, source);
    }
    assert.equal(await session.value("1 + 1"), "2");
    assert.deepEqual(session.losses, []);
  });
});
