import assert from "node:assert/strict";
import { Notebook } from "./notebook.ts";

/** Cells in order; a pair is a cell and the code and marked text of its only error. */
type Cell = string | [source: string, error: `${number} [${string}]`];

const cases: Record<string, Cell[]> = {
  "a const is seen with its type": [
    "const n = 5;",
    "n.toFixed(2);",
    ["n.toUpperCase();", "2339 [toUpperCase]"],
  ],
  "a let keeps its declared type, and can be assigned": [
    "let count = 1;",
    "count = 2; count += 1; count++;",
    ["count = 'three';", "2322 [count]"],
    "[count] = [4]; ({ count } = { count: 5 });",
  ],
  "a var too": ["var total = 1;", "total = 2;", ["total = 'x';", "2322 [total]"]],
  "a const of another cell is not assignable": ["const k = 1;", ["k = 2;", "2632 [k]"]],
  "a let of a union is wide in the next cell": [
    "let text: string | null = 'a';",
    ["text.length;", "18047 [text]"],
    "if (text !== null) text.length; text = null;",
  ],
  "redeclaring with another type": [
    "let v = 1;",
    "let v = 'now a text';",
    "v.toUpperCase();",
    ["v.toFixed();", "2551 [toFixed]"],
    "const v = [1, 2];",
    "v.map((e) => e + 1);",
  ],
  "redeclaring a function": [
    "function f(a: number) { return a; }",
    "f(1).toFixed();",
    "function f(a: string) { return [a]; }",
    ["f(1);", "2345 [1]"],
    "f('a').length;",
  ],
  "redeclaring a class": [
    "class Point { x = 1 }",
    "const before = new Point();",
    "class Point { y = 2 }",
    "new Point().y; before.x;",
    ["before.y;", "2339 [y]"],
    ["const p: Point = before;", "2741 [p]"],
  ],
  "redeclaring an enum": [
    "enum Color { Red }",
    "Color.Red;",
    "enum Color { Green }",
    "Color.Green;",
    ["Color.Red;", "2339 [Red]"],
  ],
  "redeclaring a type and an interface": [
    "type Id = number; interface Row { id: Id }",
    "const row: Row = { id: 1 };",
    "type Id = string;",
    "const id: Id = 'a'; const old: Row = { id: 2 };",
    "interface Row { id: Id }",
    ["const wrong: Row = { id: 3 };", "2322 [id]"],
  ],
  "a name becomes a value after it was a type, and both remain": [
    "interface Size { width: number }",
    "const Size: Size = { width: 1 };",
    "const other: Size = { width: Size.width };",
    "type Size2<T> = T[]; const Size2 = 1;",
    "const Size2 = 'a';",
    "const list: Size2<string> = [Size2];",
  ],
  "a class becomes a value": [
    "class Model { a = 1 }",
    "const Model = 3;",
    "Model.toFixed();",
    ["new Model();", "2351 [Model]"],
  ],
  generics: [
    "function first<T>(list: readonly T[]): T | undefined { return list[0]; }",
    "const one = first([1, 2]); class Box<T> { constructor(readonly value: T) {} }",
    ["const s: string | undefined = one;", "2322 [s]"],
    "const box = new Box({ a: 1 }); type BoxOf<T> = Box<T>;",
    "const again: BoxOf<{ a: number }> = box; box.value.a.toFixed();",
    ["box.value.b;", "2339 [b]"],
  ],
  overloads: [
    "function parse(a: string): string;\nfunction parse(a: number): number;\nfunction parse(a: unknown): unknown { return a; }",
    "parse('a').length; parse(1).toFixed();",
    ["parse(true);", "2769 [true]"],
  ],
  "enums as values and types": [
    "enum Mode { Train = 'train', Test = 'test' } const enum Bit { A = 1, B = 2 }",
    "let mode: Mode = Mode.Train; const bit: Bit = Bit.A | Bit.B;",
    "mode = Mode.Test;",
    ["mode = 'train';", "2322 [mode]"],
    "const names: Record<Mode, number> = { [Mode.Train]: 1, [Mode.Test]: 2 };",
  ],
  "instances of a class, with private members": [
    "class Counter { #n = 0; private step = 1; static made = 0; next() { return this.#n += this.step; } }",
    "const counter = new Counter(); counter.next().toFixed(); Counter.made++;",
    ["counter.step;", "2341 [step]"],
    "class Twice extends Counter { override next() { return super.next() * 2; } }",
    "const twice: Counter = new Twice();",
  ],
  "an abstract class": [
    "abstract class Shape { abstract area(): number }",
    "class Square extends Shape { area() { return 1; } }",
    ["new Shape();", "2511 [new Shape()]"],
    "const shapes: Shape[] = [new Square()];",
  ],
  "type-only imports": [
    "import type { Stats } from 'node:fs'; import { type Dirent, statSync } from 'node:fs';",
    "let stats: Stats = statSync('.'); let entry: Dirent | undefined;",
    ["stats = 1;", "2322 [stats]"],
    ["new Stats();", "1361 [Stats]"],
  ],
  "namespace, default and renamed imports": [
    "import * as path from 'node:path'; import fs from 'node:fs'; import { join as glue } from 'node:path';",
    "path.join('a').length; fs.existsSync('a'); glue('a', 'b').length;",
    ["glue(1);", "2345 [1]"],
    ["path = 1;", "2632 [path]"],
  ],
  closures: [
    "let cnt = 1; function get() { return cnt; } const set = (v: number) => { cnt = v; };",
    "cnt = 10; get().toFixed(); set(3);",
    ["set('a');", "2345 ['a']"],
  ],
  destructuring: [
    "const { a, b: { c, ...others }, ...rest } = { a: 1, b: { c: 'c', d: true }, e: null };",
    "a.toFixed(); c.length; others.d; rest.e;",
    "let [first, , third = 'z', ...more] = [1, 2, undefined as string | undefined, 4];",
    ["first = 'x';", "2322 [first]"],
    ["b;", "2304 [b]"],
  ],
  "asynchronous results": [
    "const data = await Promise.resolve({ rows: [1] }); async function load() { return data.rows; }",
    "const rows = await load(); rows[0]; const pending = load();",
    ["pending[0];", "7053 [pending[0]]"],
    "for await (const row of [Promise.resolve(1)]) row.toFixed();",
    "async function* stream() { yield 1; }",
    "for await (const n of stream()) n.toFixed();",
  ],
  "typeof and keyof of earlier names": [
    "const config = { lr: 0.1, name: 'a' }; function make() { return new Map<string, number>(); }",
    "type Config = typeof config; let key: keyof Config = 'lr'; let made: ReturnType<typeof make> = make();",
    ["key = 'rate';", "2322 [key]"],
    ["const c: Config = { lr: 1 };", "2741 [c]"],
  ],
  "unique symbols": [
    "const tag = Symbol('tag'); interface Tagged { [tag]: number }",
    "const tagged: Tagged = { [tag]: 1 }; tagged[tag].toFixed();",
    ["const bad: Tagged = { [tag]: 'x' };", "2418 [[tag]]"],
    "const other: typeof tag = tag;",
  ],
  "const assertions": [
    "const layers = ['conv', 'pool'] as const; type Layer = (typeof layers)[number];",
    "let layer: Layer = 'conv'; layer = layers[1];",
    ["layer = 'dense';", "2322 [layer]"],
  ],
  satisfies: [
    "const table = { red: [255, 0, 0], green: '#0f0' } satisfies Record<string, string | number[]>;",
    "table.green.toUpperCase(); table.red.map((v) => v);",
  ],
  namespaces: [
    "namespace Geometry { export interface Point { x: number } export const origin: Point = { x: 0 }; export namespace Deep { export type N = 1 } }",
    "const p: Geometry.Point = Geometry.origin; const one: Geometry.Deep.N = 1;",
    ["Geometry.origin.y;", "2339 [y]"],
  ],
  "merged declarations of one cell": [
    "function build() { return build.count++; } namespace build { export let count = 0; }",
    "build().toFixed(); build.count;",
    "interface Pair { a: 1 } interface Pair { b: 2 }",
    "const pair: Pair = { a: 1, b: 2 };",
  ],
  "recursive and mapped types": [
    "type Json = string | number | Json[] | { [key: string]: Json }; type Partially<T> = { [K in keyof T]?: T[K] };",
    "const json: Json = { a: [1, 'b', { c: 2 }] }; const p: Partially<{ a: 1 }> = {};",
    ["const bad: Json = { a: undefined };", "2322 [bad]"],
  ],
  "type guards and assertion functions": [
    "function isText(v: unknown): v is string { return typeof v === 'string'; } function check(v: unknown): asserts v { if (!v) throw new Error(); }",
    "let unknownValue: unknown = 'a';",
    "if (isText(unknownValue)) unknownValue.length; let maybe: number | undefined = 1; check(maybe); maybe.toFixed();",
  ],
  "a cell that augments": [
    "declare global { interface Array<T> { second(): T | undefined } var answer: number; }",
    "[1, 2].second()?.toFixed(); answer.toFixed();",
    "declare global { interface Array<T> { second(): T | undefined } var answer: number; }",
    "[1, 2].second()?.toFixed(); globalThis.answer;",
    "declare global { var answer: string; }",
    "answer.toUpperCase();",
  ],
  "a declared name exists elsewhere": [
    "declare const given: { a: number }; declare function host(v: string): void;",
    "given.a.toFixed(); host('a');",
  ],
  "exports are tolerated": [
    "export const shown = 1; export function run() { return shown; } export type Kind = 'a'; const kept = 2; export { kept as renamed };",
    "shown.toFixed(); run().toFixed(); const kind: Kind = 'a'; kept.toFixed();",
    "export default class Main { m = 1 }",
    "new Main().m;",
    "export type { Stats } from 'node:fs'; export { join } from 'node:path'; export {};",
  ],
  "an implicitly typed let": [
    "let later;",
    "later = 5; later = 'x';",
    "later.anything; const copy = later;",
  ],
  "decorators, accessors and using": [
    "function logged<T extends abstract new (...args: never[]) => object>(c: T, _: ClassDecoratorContext) { return c; }",
    "@logged class Logged { accessor value = 1; get double() { return this.value * 2; } }",
    "new Logged().double.toFixed(); { using held = { [Symbol.dispose]() {} }; await using later = { async [Symbol.asyncDispose]() {} }; }",
  ],
  "names of CommonJS": [
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const exports = {}; const module = 1; const __dirname = import.meta.dirname;",
    "require('fs'); module.toFixed(); __dirname.length;",
  ],
  "names outside ASCII": [
    "const größe = 1; const $ = 2; const _ = 3;",
    "größe.toFixed(); $ + _;",
    ["größe.x;", "2339 [x]"],
  ],
  "names that Node and libraries use": [
    "const process = 1; const console = 2; const Buffer = 'b'; const window = 224; const name = 'n';",
    "process.toFixed(); console.toFixed(); Buffer.length; window.toFixed(); name.length;",
  ],
  "two declarations of one name in one cell": [
    ["const twice = 1; const twice = 2;", "2451 [twice]"],
  ],
};

describe("types across cells", () => {
  let notebook: Notebook;
  before(() => {
    notebook = new Notebook();
  });
  afterEach(() => notebook.language.reset());
  after(() => notebook.close());

  for (const [title, cells] of Object.entries(cases)) {
    it(title, async () => {
      for (const cell of cells) {
        const [source, error] = typeof cell === "string" ? [cell] : cell;
        const errors = await notebook.run(source);
        if (error === undefined) {
          assert.deepEqual(errors, [], source);
        } else {
          assert.ok(errors.length >= 1, `no error in: ${source}`);
          assert.equal(errors[0]!.slice(0, error.length), error, `${source}\n${errors.join("\n")}`);
        }
      }
    });
  }
});
