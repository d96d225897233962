// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cells are text, templates in them too
/** Compiling a cell, without running it; what the code computes is tested with the worker. */
import assert from "node:assert/strict";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { analyze, type CompiledCell, CompileError, compile } from "../../../kernel/cell/index.ts";

const options = { names: new Set<string>(), nodeVersion: process.versions.node };

function compiled(source: string, names: readonly string[] = []): Promise<CompiledCell> {
  return compile(source, analyze(source), { ...options, names: new Set(names) });
}

/** The line and column, both from 1, of the nth place where `text` stands. */
function placeOf(text: string, source: string, occurrence = 0): [line: number, column: number] {
  let at = source.indexOf(text);
  for (let i = 0; i < occurrence; i++) at = source.indexOf(text, at + 1);
  assert.ok(at >= 0, `${text} is not in ${source}`);
  const before = source.slice(0, at).split("\n");
  return [before.length, before.at(-1)!.length + 1];
}

describe("compile", () => {
  it("maps each place back to the TypeScript, past types that vanish", async () => {
    const source = [
      "interface Gone { a: number }",
      'import { first } from "m"; import type { T } from "n";',
      "const start: number = first(1), next = start + second;",
      "type Also = Gone;",
      "enum E { A = third(2) }",
      "function f<T>(x: T): T { return fourth(x) as T }",
      "if (next) { var nested: number = fifth(3) }",
      "😀: for (;;) { break }".slice(4),
      "await sixth(await seventh());",
    ].join("\n");
    const { code, map } = await compiled(source);
    const trace = new TraceMap(map);
    for (const word of ["second", "third(", "fourth", "fifth", "sixth", "seventh"]) {
      const name = word.replace("(", "");
      // In the code a called name stands in its box, after the name of the box.
      const occurrence = code.split(`.${name}`).length > 1 ? `$${name}.${name}` : name;
      const lines = code.split("\n").findLastIndex((line) => line.includes(occurrence));
      const column = code.split("\n")[lines]!.lastIndexOf(occurrence);
      const found = originalPositionFor(trace, { line: lines + 1, column });
      assert.deepEqual([found.line, found.column! + 1], placeOf(name, source), name);
    }
  });

  it("puts nothing on the global object and nothing into the way of other names", async () => {
    const { code } = await compiled("const $ = 1, $$ = `${$}`; let _ = 2");
    assert.match(code, /^\(async function \(\$\$\$\)/);
  });

  it("leaves globals as they are, unless the notebook has taken their names", async () => {
    assert.match(
      (await compiled("console.log(window)")).code,
      /\bconsole\.log\(\$window\.window\)/,
    );
    const taken = await compiled("console.log(1); process.exit()", ["console"]);
    assert.match(taken.code, /\$console\.console\.log\(1\)/);
    assert.match(taken.code, /[^.]\bprocess\.exit\(\)/);
  });

  it("lowers what the Node that runs the cell does not know", async () => {
    const source = "using a = b; @c class D {}";
    const older = await compile(source, analyze(source), { ...options, nodeVersion: "20.19.0" });
    assert.doesNotMatch(older.code, /\busing a\b|@c/);
    const newer = await compile(source, analyze(source), { ...options, nodeVersion: "24.0.0" });
    assert.doesNotMatch(newer.code, /@c/);
  });

  it("has decorators of TypeScript's own kind where asked to", async () => {
    const source = "class A { constructor(@inject x: number) {} }";
    await assert.rejects(compiled(source), CompileError);
    const old = await compile(source, analyze(source), {
      ...options,
      experimentalDecorators: true,
    });
    assert.match(old.code, /__decorateParam/);
  });

  it("says where it fails", async () => {
    const source = "// 😀\nlet x = 1;\nclass A { constructor(@inject y) {} }";
    const error = await compiled(source).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof CompileError);
    const [{ start, end, message } = { start: 0, end: 0, message: "" }] = error.errors;
    assert.equal(source.slice(start, start + 7), "@inject");
    assert.ok(end > start);
    assert.match(message, /decorators/i);
  });

  it("takes cells of any shape", async () => {
    const long = Array.from({ length: 1_500 }, (_, i) => `x${i}`).join(" + ");
    for (const source of [
      "",
      "   \n",
      "// only a comment",
      "/* and\nanother */",
      "#!/usr/bin/env node\n1",
      "\uFEFFconst a = 1; a",
      "const a = 1\r\nconst b: number = a\r\nb",
      "type T = 1",
      ";",
      "'use strict'",
      long,
      "const s = 1\u2028const t = 2",
      "label: { break label }",
      `const many = [${"1,".repeat(50_000)}]`,
    ]) {
      const analysis = analyze(source);
      assert.deepEqual(analysis.errors, [], source.slice(0, 40));
      const { code } = await compiled(source);
      assert.doesNotThrow(() => new Function(`return ${code}`), source.slice(0, 40));
    }
  });

  it("starts its helper anew where that has been ended", async () => {
    const { stop } = await import("esbuild");
    await compiled("1");
    await stop();
    assert.match((await compiled("2")).code, /2/);
  });
});
