// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cells are text, templates in them too
/** What cells compute, as the compiler and the worker together make it. */
import assert from "node:assert/strict";
import { Session } from "./session.ts";

/** Runs cells one after the other, and compares the result of the last one. */
type Case = readonly [title: string, cells: readonly string[], expected: string | undefined];

const cases: Record<string, readonly Case[]> = {
  "The result": [
    ["is the value of the last expression", ["1 + 2"], "3"],
    ["is not hidden by a semicolon", ["const a = 1; a;;"], "1"],
    ["is a string, which is no directive", ['"text"'], "'text'"],
    ["is an object in parentheses", ["({ a: 1 })"], "{ a: 1 }"],
    ["is what was awaited", ["await Promise.resolve(7)"], "7"],
    ["is a promise where it was not awaited", ["Promise.resolve(7)"], "Promise { 7 }"],
    ["is nothing for undefined", ["undefined"], undefined],
    ["is nothing after a declaration", ["5; const b = 1"], undefined],
    ["is null, false and 0", ["[null, false, 0].at(0)"], "null"],
    ["is what a cell exports by default", ["export default 5"], "5"],
    ["is that of a tagged template", ["String.raw`a\\n`"], "'a\\\\n'"],
    ["stands after comments and before them", ["/* 1 */ 2 // 3"], "2"],
    ["is a call on a line of its own", ["let a = (x = 1) => x\na()"], "1"],
  ],
  Names: [
    ["are seen by later cells", ["const a = 1; let b = 2; var c = 3", "[a, b, c]"], "[ 1, 2, 3 ]"],
    [
      "are made by patterns",
      ["const { a, b: [c, d = a + 1], ...e } = { a: 1, b: [2], f: 3 }", "[a, c, d, e]"],
      "[ 1, 2, 2, { f: 3 } ]",
    ],
    [
      "are made one after the other",
      ["const a = 1, b = a + 1, c = b + 1 /* , */, d = c", "[b, c, d]"],
      "[ 2, 3, 3 ]",
    ],
    [
      "are made by functions, before their cell runs",
      ["f(); function f() { return 5 }", "f()"],
      "5",
    ],
    ["are made by classes", ["class A { x = 1 }", "new A().x"], "1"],
    [
      "are made by var in blocks and loops",
      [
        "if (true) { var a = 1 } for (var i = 0; i < 3; i++) { var { b } = { b: i } } for (var [k] of [[7]]) {}",
        "[a, i, b, k]",
      ],
      "[ 1, 3, 2, 7 ]",
    ],
    ["are undefined until they have a value", ["let a: number | undefined", "a"], undefined],
    ["of var are undefined before it", ["typeof v; var v = 1", "v"], "1"],
    [
      "of let in blocks and loops stay there",
      ["{ let inner = 1 } for (let j = 0; j < 1; j++) {}", "[typeof inner, typeof j]"],
      "[ 'undefined', 'undefined' ]",
    ],
    [
      "can be declared again, as something else",
      ["const a = 1", "let a = 'two'", "class a {}", "function a() { return 4 }", "a()"],
      "4",
    ],
    [
      "can be declared again from themselves",
      ["const n = 2", "const n = (n as number) * 21", "n"],
      "42",
    ],
    ["are assigned by later cells", ["let a = 1", "a = 2", "a"], "2"],
    [
      "are changed by later cells",
      ["let a = 1, b = [1]", "a++; a += 10; b.push(2); --a", "[a, b]"],
      "[ 11, [ 1, 2 ] ]",
    ],
    ["are exchanged by patterns", ["let p = 1, q = 2", "[p, q] = [q, p]", "[p, q]"], "[ 2, 1 ]"],
    [
      "are set by object patterns",
      ["let p = 1, q = 2", "({ p, q = 5 } = { p: 9 } as any)", "[p, q]"],
      "[ 9, 5 ]",
    ],
    ["are set by loops", ["let last", "for (last of [1, 2, 3]) {}", "last"], "3"],
    [
      "changed later are seen by earlier functions",
      ["let cnt = 1; const get = () => cnt", "cnt = 10", "get()"],
      "10",
    ],
    [
      "declared again are seen by earlier functions",
      ["let cnt = 1; function get() { return cnt }", "let cnt = 20", "get()"],
      "20",
    ],
    [
      "declared later are seen by earlier functions",
      ["function early() { return later + 1 }", "const later = 1", "early()"],
      "2",
    ],
    [
      "are written in short in objects",
      ["const a = 1, b = 2", "({ a, b, c: { a } })"],
      "{ a: 1, b: 2, c: { a: 1 } }",
    ],
    [
      "are shadowed by parameters and locals",
      ["const x = 1", "((x: number) => x)(2) + [3].map((x) => { let y = x; return y })[0]! + x"],
      "6",
    ],
    ["that do not exist have a type", ["typeof nothingAtAll"], "'undefined'"],
    [
      "with signs beyond ASCII work",
      ["const größe = 1, $ = 2, $$ = 3, 变量 = 4", "[größe, $, $$, 变量]"],
      "[ 1, 2, 3, 4 ]",
    ],
    ["stand in templates", ["const who = 'Ada'", "`Hi ${who} ${`${who}`}`"], "'Hi Ada Ada'"],
    [
      "of globals can be taken",
      [
        "const window = 224, document = 1, process = { env: 3 }, Buffer = 4",
        "[window, document, process.env, Buffer]",
      ],
      "[ 224, 1, 3, 4 ]",
    ],
    [
      "of globals do not change the globals",
      [
        "const window = 224; let Buffer = 1",
        "[typeof (globalThis as any).window, typeof globalThis.Buffer]",
      ],
      "[ 'undefined', 'function' ]",
    ],
    ["on the global object are found", ["(globalThis as any).shared = 5", "shared"], "5"],
    [
      "are the cell's own in classes that use themselves",
      [
        "class Node1 { next: Node1 | undefined; static make() { return new Node1() } }",
        "Node1.make() instanceof Node1",
      ],
      "true",
    ],
    [
      "can be hidden by a default in the same pattern",
      ["const { a = 1, get = () => a } = {} as any", "get()"],
      "1",
    ],
  ],
  Functions: [
    [
      "called by name have no this",
      ["function self(this: unknown) { return this }", "self()"],
      undefined,
    ],
    [
      "called in the same cell have no this",
      ["function self(this: unknown) { return this === undefined } self()"],
      "true",
    ],
    [
      "called with ?. have no this",
      ["function self(this: unknown) { return this }", "self?.()"],
      undefined,
    ],
    [
      "called as tags have no this",
      ["function tag(this: unknown) { return typeof this }", "tag``"],
      "'undefined'",
    ],
    [
      "called through a type assertion have no this",
      [
        "function self(this: unknown) { return typeof this }",
        "(self as any)() + self!() + (self)()",
      ],
      "'undefinedundefinedundefined'",
    ],
    ["called as methods have one", ["const o = { v: 1, m() { return this.v } }", "o.m()"], "1"],
    [
      "stand after a line without a semicolon",
      ["function f() { return 3 }\nlet a = 1\nf()\n"],
      "3",
    ],
    [
      "keep their names",
      [
        "const arrow = () => {}; let fn = function () {}; const K = class {}",
        "[arrow.name, fn.name, K.name]",
      ],
      "[ 'arrow', 'fn', 'K' ]",
    ],
    [
      "take the names they are assigned to",
      [
        "let g: any, h: any",
        "g = () => {}; ({ h = function () {} } = {} as any); [g.name, h.name]",
      ],
      "[ 'g', 'h' ]",
    ],
    ["take names in patterns", ["const { cb = () => {} } = {} as any", "cb.name"], "'cb'"],
    [
      "that recur see themselves",
      ["const fact = (n: number): number => n < 2 ? 1 : n * fact(n - 1)", "fact(5)"],
      "120",
    ],
    [
      "that generate work",
      [
        "function* gen() { yield* [1, 2] } async function* agen() { yield 3 }",
        "const all = [...gen()]; for await (const x of agen()) all.push(x); all",
      ],
      "[ 1, 2, 3 ]",
    ],
    [
      "overloaded work",
      [
        "function o(a: string): string; function o(a: number): number; function o(a: any) { return a }",
        "o(5)",
      ],
      "5",
    ],
    ["are found by typeof", ["function f() {}", "typeof f"], "'function'"],
    [
      "are constructed",
      [
        "class P { constructor(readonly x: number) {} }",
        "new P(3).x + new (class extends P {})(4).x",
      ],
      "7",
    ],
  ],
  Loops: [
    [
      "that only compute leave their names right",
      [
        "let s = 0, n = 0; for (let i = 0; i < 200_000; i++) { if (i % 2 === 0) continue; s += i * 0.5; n++ } [s, n]",
      ],
      "[ 5000000000, 100000 ]",
    ],
    [
      "in loops, with and without braces, do so too",
      [
        "let t = 0, u = 0; outer: for (let i = 0; i < 10; i++) for (let j = 0; j < 10; j++) { if (j === 5) continue outer; if (i === 8) break outer; t += Math.sqrt(j * j); u = i } [t, u]",
      ],
      "[ 80, 7 ]",
    ],
    [
      "with while and do do so too",
      ["let w = 0, d = 0; while (w < 5) w++; do d += 2; while (d < 9); [w, d]"],
      "[ 5, 10 ]",
    ],
    [
      "with var do so too",
      ["var total = 0; for (var k = 0, step = 2; k < 10; k += step) total += k; [total, k, step]"],
      "[ 20, 10, 2 ]",
    ],
    [
      "fill arrays",
      [
        "const filled = new Float64Array(4); let at = 0; while (at < filled.length) filled[at] = at++ * 2; [...filled]",
      ],
      "[ 0, 2, 4, 6 ]",
    ],
    [
      "that call see what the call does",
      [
        "let calls = 0; function bump() { calls += 10 } for (let i = 0; i < 3; i++) { calls++; bump() } calls",
      ],
      "33",
    ],
    [
      "that do nothing change nothing",
      ["let still = 'same'; for (let i = 0; i < 0; i++) still += 'x'; still"],
      "'same'",
    ],
    [
      "change what earlier cells made",
      [
        "let acc = 1; const seen = () => acc",
        "for (let i = 0; i < 5; i++) acc *= 2; [acc, seen()]",
      ],
      "[ 32, 32 ]",
    ],
    [
      "in branches do so too",
      [
        "let b1 = 0; if (true) { for (let i = 0; i < 3; i++) b1++ } else while (true) b1--; try { while (b1 < 9) b1 += 2 } finally { do b1++; while (b1 < 12) } b1",
      ],
      "12",
    ],
  ],
  TypeScript: [
    [
      "has enums, which merge",
      ["enum E { A = 1, B } enum E { C = 9 }", "[E.A, E.B, E[2], E.C]"],
      "[ 1, 2, 'B', 9 ]",
    ],
    ["has constant enums", ["const enum E { A = 'a' }", "E.A"], "'a'"],
    ["has enums that compute", ["const base = 4; enum E { A = base << 1, B = A + 1 }", "E.B"], "9"],
    [
      "has namespaces, which merge",
      [
        "namespace N { export const a = 1; export namespace M { export const b = a + 1 } } namespace N { export const c = M.b + 1 }",
        "[N.a, N.M.b, N.c]",
      ],
      "[ 1, 2, 3 ]",
    ],
    [
      "has namespaces of types only",
      ["namespace T { export type A = number }", "let x: T.A = 1; x"],
      "1",
    ],
    [
      "has parameter properties",
      [
        "class A { constructor(private readonly x = 5) {} get() { return this.x } }",
        "new A().get()",
      ],
      "5",
    ],
    [
      "has abstract classes, overrides and accessors",
      [
        "abstract class A { abstract v: number; accessor w = 1 } class B extends A { override v = 2 }",
        "new B().v + new B().w",
      ],
      "3",
    ],
    [
      "has decorators",
      [
        "const log: string[] = []; function dec(value: any, { kind, name }: any) { log.push(`${kind} ${name}`); return value }",
        "@dec class D { @dec m() {} }",
        "log",
      ],
      "[ 'method m', 'class D' ]",
    ],
    [
      "has decorators that are made",
      [
        "const times = (n: number) => (f: any, _: any) => function (this: any) { return f.call(this) * n }",
        "class D { @times(3) m() { return 5 } }",
        "new D().m()",
      ],
      "15",
    ],
    [
      "has using, for the time of the cell",
      [
        "const log: string[] = []",
        "{ using r = { [Symbol.dispose]() { log.push('out') } }; log.push('in') } log",
      ],
      "[ 'in', 'out' ]",
    ],
    [
      "has using at the top, also for await",
      [
        "const order: string[] = []",
        "await using a = { async [Symbol.asyncDispose]() { order.push('a') } }; using b = { [Symbol.dispose]() { order.push('b') } }; order.push('body')",
        "order",
      ],
      "[ 'body', 'b', 'a' ]",
    ],
    [
      "has satisfies, as, ! and generics",
      [
        "const f = <T,>(x: T) => x",
        "[f<number>(1), 2 as unknown as number, <number>3, [4][0]!, 5 satisfies number]",
      ],
      "[ 1, 2, 3, 4, 5 ]",
    ],
    [
      "has declare, which makes nothing",
      ["declare const ghost: number; typeof ghost"],
      "'undefined'",
    ],
    [
      "has classes that share a name with a type",
      [
        "interface Both { y?: number } class Both { x = 1 } namespace Both { export const z = 2 }",
        "new Both().x + Both.z",
      ],
      "3",
    ],
    [
      "has import aliases",
      ["namespace N { export const deep = { v: 1 } }", "import d = N.deep; d.v"],
      "1",
    ],
    ["has import by require", ['import path = require("node:path"); path.basename("/a/b")'], "'b'"],
    [
      "has exports, which are tolerated",
      [
        "export const a = 1; export function f() { return a } export class C {} export { a as b }; export type T = 1; export enum E { X }",
        "[a, f(), typeof C, E.X]",
      ],
      "[ 1, 1, 'function', 0 ]",
    ],
    [
      "has labels, switch and all loops",
      [
        "let n = 0; outer: for (const i of [1, 2, 3]) { for (;;) { switch (i) { case 2: continue outer; default: n += i } break } } do { n++ } while (n < 5); n",
      ],
      "5",
    ],
    [
      "has private members",
      [
        "class A { #x = 1; static #y = 2; has(o: object) { return #x in o } get sum() { return this.#x + A.#y } }",
        "[new A().sum, new A().has({})]",
      ],
      "[ 3, false ]",
    ],
    [
      "has static blocks",
      ["class A { static x: number; static { this.x = 1; A.x++ } }", "A.x"],
      "2",
    ],
  ],
  Modules: [
    [
      "are imported by name, default and whole",
      [
        'import fs, { readFileSync as read, existsSync } from "node:fs"; import * as os from "node:os"',
        "[fs.readFileSync === read, typeof existsSync, typeof os.cpus]",
      ],
      "[ true, 'function', 'function' ]",
    ],
    [
      "are imported before the cell runs",
      ['const b = basename("/x/y"); import { basename } from "node:path"; b'],
      "'y'",
    ],
    [
      "are imported when asked",
      ['const { join } = await import("node:path"); join("a", "b")'],
      "'a/b'",
    ],
    [
      "give types, which are dropped",
      [
        'import type { Stats } from "node:fs"; import { type Dirent, statSync } from "node:fs"; let s: Stats | Dirent | undefined; typeof statSync',
      ],
      "'function'",
    ],
    [
      "that are CommonJS have names",
      [
        'import { parse } from "semver-like"; import whole from "semver-like"; [parse("1"), whole.parse === parse]',
      ],
      "[ 'parsed 1', true ]",
    ],
    [
      "have types nobody marked",
      ['import { Missing, present } from "./local.ts"; let x: Missing | undefined; present'],
      "1",
    ],
    [
      "have live exports",
      ['import { count, increment } from "./live.ts"', "increment(); increment(); count"],
      "2",
    ],
    [
      "of JSON need no attribute",
      [
        'import data from "./data.json"; import same from "./data.json" with { type: "json" }; import { a } from "./data.json"; [data, same.a, a]',
      ],
      "[ { a: 1 }, 1, 1 ]",
    ],
    [
      "know where they are",
      ["import.meta.dirname === process.cwd() && import.meta.url.startsWith('file:')"],
      "true",
    ],
    ["are found by require", ['require("node:path").sep'], "'/'"],
  ],
  "Asynchronous code": [
    [
      "waits wherever it can",
      [
        "const one = async () => 1; const add = async (n: number) => await one() + await one() + n; class W { async m() { 'use strict'; return await add(await one()) } static async *g() { for await (const x of [one(), 5]) yield x; yield* [await one()] } }",
        "let named; named = async () => await await one(); const all = [await add(1), await new W().m(), (await named()) + 1, named.name]; for await (const x of W.g()) all.push(x); all",
      ],
      "[ 3, 3, 2, 'named', 1, 5, 1 ]",
    ],
    [
      "waits at the top level",
      ["const a = await new Promise((r) => setTimeout(r, 5, 'late')); a"],
      "'late'",
    ],
    [
      "waits in loops",
      ["let t = 0; for await (const x of (async function* () { yield 1; yield 2 })()) t += x; t"],
      "3",
    ],
    [
      "has timers as promises",
      [
        'import { setTimeout as sleep, setInterval as every, setImmediate as soon } from "node:timers/promises"; const got = [await sleep(2, "a"), await soon("b")]; let n = 0; for await (const x of every(1, "c")) { got.push(x); if (++n === 2) break } got',
      ],
      "[ 'a', 'b', 'c', 'c' ]",
    ],
    [
      "has timers made into promises",
      ['import { promisify } from "node:util"; await promisify(setTimeout)(1, "done")'],
      "'done'",
    ],
    [
      "has timers with arguments, that can be cleared",
      [
        "const seen: unknown[] = []; clearTimeout(setTimeout(() => seen.push('no'), 1)); setTimeout((a, b) => seen.push(a, b), 1, 1, 2); const i = setInterval(() => { seen.push('i'); clearInterval(i) }, 1); setImmediate((x) => seen.push(x), 'im'); await new Promise((r) => setTimeout(r, 30)); seen.sort()",
      ],
      "[ 1, 2, 'i', 'im' ]",
    ],
  ],
};

const files: Record<string, string> = {
  "local.ts": "export const present: number = 1; export interface Missing { x: 1 }",
  "live.ts": "export let count = 0; export function increment(): void { count++ }",
  "data.json": '{ "a": 1 }',
  "node_modules/semver-like/package.json": '{ "name": "semver-like", "main": "index.js" }',
  // Names that nobody finds without running it.
  "node_modules/semver-like/index.js":
    'const api = {}; for (const name of ["parse"]) api[name] = (x) => `parsed ${x}`; module.exports = api;',
};

for (const [title, group] of Object.entries(cases)) {
  describe(title, () => {
    let session: Session;
    before(async () => {
      session = await Session.start();
      session.write(files);
    });
    after(() => session.end());

    for (const [name, cells, expected] of group) {
      it(name, async () => {
        for (const cell of cells.slice(0, -1)) await session.value(cell);
        assert.equal(await session.value(cells.at(-1)!), expected);
      });
    }
  });
}
