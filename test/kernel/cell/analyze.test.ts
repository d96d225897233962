import assert from "node:assert/strict";
import { analyze } from "../../../kernel/cell/index.ts";

const references = (source: string) => [...analyze(source).references].sort();
const assignments = (source: string) => [...analyze(source).assignments].sort();
const declared = (source: string) =>
  analyze(source).declarations.map(
    ({ name, kind, isValue, isType }) =>
      `${kind} ${name}${isValue ? " v" : ""}${isType ? " t" : ""}`,
  );

function same(actual: string[], expected: string): void {
  assert.deepEqual(actual, expected === "" ? [] : expected.split(" "));
}

describe("analyze", () => {
  describe("declarations", () => {
    const cases: Record<string, string[]> = {
      "const a = 1; let b, c = 2; var d": ["const a v", "let b v", "let c v", "var d v"],
      "const { a, b: { c = 1 }, ...d } = o, [e, , [f] = [], ...g] = p": "acdefg"
        .split("")
        .map((name) => `const ${name} v`),
      "function f() {} async function* g() {}": ["function f v", "function g v"],
      "function f(a: string): void; function f(a?: unknown) {}": ["function f v"],
      "class C {} abstract class D<T> extends C {}": ["class C v t", "class D v t"],
      "enum E { A } const enum F { B }": ["enum E v t", "enum F v t"],
      "namespace N { export const a = 1 } namespace A.B { f() }": [
        "namespace N v t",
        "namespace A v t",
      ],
      "namespace T { export type A = 1; export interface B {} }": ["namespace T t"],
      "type T = 1; interface I {}": ["type T t", "interface I t"],
      'import d, { a as b, type T } from "x"; import * as ns from "y"; import type U from "z"': [
        "import d v t",
        "import b v t",
        "import T t",
        "import ns v t",
        "import U t",
      ],
      'import fs = require("fs"); import A = N.B': ["import fs v t", "import A v t"],
      "declare const x: number; declare function f(): void; declare class C {}": [
        "const x",
        "function f",
        "class C t",
      ],
      "declare global { var x: number }": [],
      'declare module "x" { const y: 1 }': [],
      "export const a = 1; export function f() {} export default class C {}": [
        "const a v",
        "function f v",
        "class C v t",
      ],
      "if (a) { var b = 1; let c } for (var i = 0, [j] = k;;) {} for (var m of n) { var o }": [
        "var b v",
        "var i v",
        "var j v",
        "var m v",
        "var o v",
      ],
      "for (let i = 0;;) {} { const a = 1; function f() {} class C {} } function g() { var x }": [
        "function g v",
      ],
      "using a = b; await using c = d": ["const a v", "const c v"],
    };
    for (const [source, expected] of Object.entries(cases)) {
      it(source, () => assert.deepEqual(declared(source), expected));
    }

    it("gives ranges in UTF-16 code units", () => {
      const source = 'const s = "😀"; const { long: short } = o';
      const ranges = analyze(source).declarations.map(({ start, end }) => source.slice(start, end));
      assert.deepEqual(ranges, ["s", "short"]);
    });
  });

  describe("references", () => {
    const cases: Record<string, string> = {
      "a + b.c + b[d] + o?.e": "a b d o",
      "const a = b; a": "b",
      "f(x => x + y)": "f y",
      "function f(a, { b, c: d = e }, ...g) { return a + b + c + d + g + arguments.length + h }":
        "c e h",
      "function f(a = x) { var x = 1; return x }": "x",
      "{ let a = 1; { a; b } } a": "a b",
      "{ f(); function f() {} } f()": "f",
      "function g() { x; if (1) { var x } }": "",
      "function f() { return f() + later }": "later",
      "(function f() { f() })(); f": "f",
      "for (const i of xs) { i } i": "i xs",
      "for (let i = 0; i < n; i++) {} i": "i n",
      "for (k in o) {}": "k o",
      "try {} catch ({ message, code = c }) { message } message": "c message",
      "try {} catch { error }": "error",
      "l: for (;;) { break l; continue l }": "",
      "({ a, b: c, [d]: e, f() { g }, get h() { return i } })": "a c d e g i",
      "({ a, b: c.d, e = f, ...[g.h] } = i)": "a c e f g i",
      "[a, b = c, ...d] = e": "a b c d e",
      "class A extends B { c = d; #e = this.#e; static f = A; [g]() { return h } static { let i = j; i } }":
        "B d g h j",
      "const C = class D { m() { return D } }; D": "D",
      "@dec() class A { @field x; constructor(private y = z) {} }": "dec field z",
      "class A { set x(v) { v; w } }": "w",
      "enum E { A = a, B = A, C = E.A, D = B }": "a",
      "enum E { A } enum E { B = A }": "",
      "namespace N { export const a = b; a } namespace N { a; N.a }": "b",
      "namespace N { const a = 1 } namespace N { a }": "a",
      "`${a} ${`${b}`}`; tag`${c}`": "a b c tag",
      "switch (a) { case b: let c = d; c }": "a b d",
      "typeof a; void b; delete c.d": "a b c",
      "import.meta.url; new.target": "",
      "async () => { for await (const x of y) x }": "y",
      "import { x } from 'm'; x + y": "y",
      "export { a, b as c }; export { d } from 'm'; export default e": "a b e",
      "a as T; b satisfies U; <V>c; d!; e<W>": "T U V W a b c d e",
      "let a: T<U>[] = b": "T U b",
      "let a: typeof b; let c: typeof d.e; let f: typeof a": "b d",
      "let a: N.M.T": "N",
      "type T<A, B = C> = A | B | D": "C D",
      "type T = { [K in keyof U]: K | V }": "U V",
      "type T = A extends Promise<infer B> ? B : C": "A C Promise",
      "type F = <A>(a: A, b: typeof a, c: B) => a is D": "B D",
      "type T = [first: A, second?: B]; type U = `${C}`": "A B C",
      "interface I<A> extends B<A>, N.C { [key: string]: D; m<E>(e: E): F; readonly [Symbol.iterator]: G }":
        "B D F G N Symbol",
      "class A<T> implements I<T>, N.J { x: T; y: U; declare z: V }": "I N U V",
      "function f<T extends U>(this: W, x: T): asserts x is X {}": "U W X",
      "let x: import('m').T<U>": "U",
      // A type and a value of one name are two things.
      "interface Foo {} new Foo()": "Foo",
      "const Bar = 1; let x: Bar": "Bar",
      "type T = 1; let x: T; class C {} let y: C = new C()": "",
      "let x: undefined; undefined": "undefined",
      "declare const x: number; x": "",
      "if (a) { var b = c } b": "a c",
      "x = y; var x": "y",
    };
    for (const [source, expected] of Object.entries(cases)) {
      it(source, () => same(references(source), expected));
    }
  });

  describe("assignments", () => {
    const cases: Record<string, string> = {
      "a = 1; b += 2; c++; --d; e ||= 1": "a b c d e",
      "a.b = 1; c[d]++": "",
      "let a; a = 1": "",
      "({ a, b: c, d: [e = f], ...g } = h)": "a c e g",
      "[a, ...b] = c": "a b",
      "for (a of b) {} for ({ c } in d) {}": "a c",
      "(a as any) = 1; b! = 2; (c) = 3": "a b c",
      "function f(a) { a = 1; b = 2 }": "b",
    };
    for (const [source, expected] of Object.entries(cases)) {
      it(source, () => same(assignments(source), expected));
    }
  });

  describe("imports", () => {
    it("finds static, dynamic, re-exported and type imports, each once", () => {
      const source = `import a from "a"; import "b"; import type { T } from "c"; export * from "d";
        export { x } from "e"; await import("f"); import g = require("g"); let h: import("h").H;
        import("a"); import(computed)`;
      assert.deepEqual(analyze(source).imports.toSorted(), "a b c d e f g h".split(" "));
    });
  });

  describe("top-level await", () => {
    const cases: Record<string, boolean> = {
      "await x": true,
      "const a = { b: [await c] }": true,
      "if (x) { await y }": true,
      "for await (const a of b) {}": true,
      "await using a = b": true,
      "for (await using a of b) {}": true,
      "async () => { await x }": false,
      "async function f() { for await (const a of b) {} }": false,
      "class A { async m() { await x } }": false,
      x: false,
    };
    for (const [source, expected] of Object.entries(cases)) {
      it(source, () => assert.equal(analyze(source).hasTopLevelAwait, expected));
    }
  });

  describe("result", () => {
    const cases: Record<string, string | undefined> = {
      "1 + 2": "1 + 2",
      "const a = 1\na; // the value": "a",
      "f();;": "f()",
      '"text"': '"text"',
      "({ a: 1 })": "({ a: 1 })",
      "await x;": "await x",
      "export default 5": "5",
      "a; const b = 1": undefined,
      "function f() {}": undefined,
      "if (a) b": undefined,
      "// nothing": undefined,
      "": undefined,
      '"😀"; /* 😀 */ x': "x",
    };
    for (const [source, expected] of Object.entries(cases)) {
      it(JSON.stringify(source), () => {
        const { result } = analyze(source);
        assert.equal(result && source.slice(result.start, result.end), expected);
      });
    }
  });

  describe("syntax errors", () => {
    const incomplete = [
      "f(",
      "const a = [1,",
      "if (x) {",
      "{ a: 1",
      "`abc",
      "`abc ${",
      "`abc ${x",
      "`abc ${" + "x} d",
      "/* abc",
      "f() /* abc",
      "a +",
      "a && // and",
      "x =",
      "x = /* nothing yet */  ",
      "a.",
      "obj?.",
      "a ? b",
      "() =>",
      "const x",
      "let x: ",
      "let x: Foo<",
      "class A { m() {",
      "function f()",
      "function f(): number // comment",
      "for (const a of b)",
      "while (true)",
      "try {}",
      "try {} catch",
      "switch (a) { case 1:",
      "import { a } from",
      "import {",
      "enum A {",
      "type T =",
      "interface A {",
      "new",
      "await",
      "@dec",
      "'abc\\",
      "a\n.",
    ];
    for (const source of incomplete) {
      it(`waits for more after ${JSON.stringify(source)}`, () => {
        assert.equal(analyze(source).errors[0]?.incomplete, true);
      });
    }
    const wrong = [
      "a)",
      "}",
      "1 2",
      "'abc",
      '"abc',
      "const const",
      "else",
      "/abc",
      "return 1",
      "break",
      "const a = 1; const a = 2",
      "let x = 1; var x = 2",
      "f(]\nf(",
      "class A { m() { this.#x } }",
      "const x; f()",
      "with (a) {}",
    ];
    for (const source of wrong) {
      it(`refuses ${JSON.stringify(source)}`, () => {
        const [error] = analyze(source).errors;
        assert.ok(error);
        assert.equal(error.incomplete, false);
        assert.ok(error.message.length > 0);
        assert.ok(error.start >= 0 && error.end >= error.start && error.end <= source.length);
      });
    }
    const right = [
      "",
      "  ",
      "// abc",
      "1",
      "function f() {}",
      "declare function f(): void",
      "a\n",
      "await f()",
      "for await (const a of b) {}",
      "await using a = b",
      "@dec class A { accessor x = 1 }",
      'import data from "./a.json" with { type: "json" }',
      "interface A {} const A = 1; class B {} interface B {} namespace B {}",
      "#!/usr/bin/env node\n1",
      "x satisfies T",
    ];
    for (const source of right) {
      it(`takes ${JSON.stringify(source)}`, () => assert.deepEqual(analyze(source).errors, []));
    }
    it("refuses what is nested too deeply, where the parser would end the process", () => {
      const nest = (open: string, inner: string, close: string) =>
        `${open.repeat(50_000)}${inner}${close.repeat(50_000)}`;
      for (const source of [
        nest("[", "", "]"),
        nest("(", "1", ")"),
        nest("f(", "1", ")"),
        nest("{", "", "}"),
        nest("{a:", "1", "}"),
        nest("`${", "1", "}`"),
        `let x: ${nest("A<", "B", ">")}`,
        nest("!", "x", ""),
        nest("a => ", "1", ""),
        nest("a ? b : ", "c", ""),
        nest("a = ", "1", ""),
        nest("x + ", "x", ""),
        nest("if (a) b; else ", "c", ""),
        nest("await ", "c", ""),
        nest("while (a) ", "c", ""),
        nest("do ", "c", " while (a)"),
        nest("a instanceof ", "c", ""),
        `a${nest(".b", "", "")}`,
        `a${nest("()", "", "")}`,
        `a${nest("[0]", "", "")}`,
        `a${nest(" as T", "", "")}`,
        `let x: T${nest("[]", "", "")}`,
        nest("typeof ", "c", ""),
        nest("[\n", "", "]\n"),
      ]) {
        const [error] = analyze(source).errors;
        assert.match(error?.message ?? "", /too deeply/, source.slice(0, 20));
        assert.equal(error?.incomplete, false);
      }
    });
    it("takes what is long and flat", () => {
      for (const source of [
        `[${"[1, -2, 'a'],".repeat(50_000)}]`,
        "f(a ? b : c);\n".repeat(10_000),
        `{ ${"const o = { a: { b: [1] } }; ".repeat(1)} }`,
        `const text = \`${"some (text] ".repeat(5_000)}\``,
        `const text = "${"some (text] ".repeat(5_000)}"`,
        `// ${"some (text] ".repeat(5_000)}\n/* ${"(".repeat(5_000)} */`,
        `\`a\${[1, "\`", \`b\${2}c\`]}${"( ".repeat(5_000)}\``,
        `x = ${Array.from({ length: 1_500 }, (_, i) => `x${i}`).join(" + ")}`,
      ]) {
        assert.deepEqual(analyze(source).errors, [], source.slice(0, 30));
      }
    });
    it("points at the place in UTF-16 code units", () => {
      assert.deepEqual(
        analyze("'😀'; const a = ]").errors.map(({ start, end }) => [start, end]),
        [[16, 17]],
      );
    });
  });
});
