/** `_`: the last result. */
import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { type CellAnswer, Kernel } from "../client.ts";

const traceback = ({ reply }: CellAnswer) =>
  stripVTControlCharacters(((reply.content.traceback as string[]) ?? []).join("\n"));
const plain = ({ result }: CellAnswer) => (result?.data as Record<string, string>)?.["text/plain"];

describe("The name _", () => {
  let kernel: Kernel;
  beforeEach(async () => {
    kernel = await Kernel.start();
  });
  afterEach(() => kernel.end());
  const value = async (code: string) => {
    const answer = await kernel.execute(code);
    return plain(answer) ?? traceback(answer);
  };

  it("is the last result, and __ and ___ those before", async () => {
    assert.match(await value("_"), /TS2304: Cannot find name '_'/);
    await value("1 + 1");
    await value("'two'");
    await value("let x = 5;");
    await value("console.log('nothing')");
    assert.equal(await value("_ + __"), "'two2'");
    assert.equal(await value("___"), "2");
    assert.equal(await value("typeof _"), "'number'");
  });

  it("has the type of the result", async () => {
    await value("class Point { constructor(public x: number) {} }\nnew Point(3)");
    assert.match(await value("_.y"), /TS2339: Property 'y' does not exist on type 'Point'/);
    assert.equal(await value("_.x.toFixed(1)"), "'3.0'");
    await value("await Promise.resolve([{ a: 1 }, { a: 2 }])");
    const { reply } = await kernel.request("complete_request", { code: "_[0].", cursor_pos: 5 });
    assert.ok((reply.content.matches as string[]).includes("a"));
    assert.equal(await value("_.map(({ a }) => a * 10)"), "[ 10, 20 ]");
    const copy = await value("const kept: number[] = _;");
    assert.equal(copy, "");
    const { reply: help } = await kernel.request("inspect_request", {
      ...{ code: "_", cursor_pos: 1, detail_level: 0 },
    });
    assert.match(JSON.stringify(help.content.data), /const _: number\[\]/);
  });

  it("stays what it was where a cell fails or is silent", async () => {
    await value("7");
    await value("throw new Error()");
    await value("nothing.there");
    await kernel.execute("8", { silent: true });
    assert.equal(await value("_"), "7");
  });

  it("never stands before a name of the notebook's own", async () => {
    await value("7");
    assert.equal(await value("const _ = { own: true }; _.own"), "true");
    assert.equal(await value("_.own"), "true");
    assert.equal(await value("__"), "true");
    assert.equal(await value("[1, 2].map((_, index) => index)"), "[ 0, 1 ]");
    assert.equal(await value("function f(_: string) { return _; }\nf('a')"), "'a'");
  });

  it("cannot be assigned to without being declared", async () => {
    await value("7");
    assert.match(await value("_ = 8"), /TS2588: Cannot assign to '_' because it is a constant/);
    assert.equal(await value("_"), "7");
  });

  it("goes with the worker", async () => {
    await value("7");
    await kernel.execute("process.exit(0)");
    assert.match(await value("_"), /TS2304/);
  });

  it("outlives the names that its cell used", async () => {
    await value("const deep = { a: [1] as const }; deep");
    await value("const deep = 'other';");
    assert.equal(await value("_.a[0]"), "1");
  });
});
