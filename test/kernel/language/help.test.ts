import assert from "node:assert/strict";
import { Notebook } from "./notebook.ts";

describe("completion", () => {
  let notebook: Notebook;
  before(async () => {
    notebook = new Notebook();
    notebook.write(
      "helper.ts",
      "export const h = 1; export function add(a: number, b = 2) { return a + b; }",
    );
    notebook.write("folder/inner.ts", "export {};");
    notebook.write(
      "node_modules/some-package/package.json",
      '{ "name": "some-package", "types": "i.d.ts" }',
    );
    notebook.write("node_modules/some-package/i.d.ts", "export declare const s: number;");
    await notebook.run(
      `const model = { layers: ["a"], compile() { return 1; }, "not-a-name": 1 }; let epochs = 3;
       class Dense { units = 1 } enum Mode { Train, Test } function train(epochs: number) { return epochs; }
       namespace Tools { export const t = 1; } type Alias = string; interface Shape { s: 1 }`,
    );
  });
  after(() => notebook.close());

  for (const [title, marked, expected] of [
    ["members", "model.|", ["compile", "layers"]],
    ["members by prefix, whatever its case", "model.LAY|", ["layers"]],
    ["members of members", "model.layers.leng|", ["length"]],
    ["members of what the same code declares", "const own = { x: 1, y: 2 };\nown.|", ["x", "y"]],
    ["members of what it declares anew", "const model = { other: 1 };\nmodel.|", ["other"]],
    ["members of a call's result", "model.compile().toF|", ["toFixed"]],
    [
      "members in unfinished code",
      "if (epochs) {\n  for (const l of model.layers) {\n    console.log(`${l.charCodeA|",
      ["charCodeAt"],
    ],
    ["an enum's members", "Mode.|", ["Test", "Train"]],
    ["a namespace's members", "Tools.|", ["t"]],
    ["optional members", "let o: { deep?: { x: 1 } } = {}; o?.deep?.|", ["x"]],
    ["earlier names", "epo|", ["epochs"]],
    ["types", "let t: Shap|", ["Shape"]],
    ["after emoji", "'😀😀'; model.comp|", ["compile"]],
    ["in the middle of a word", "model.lay|ers.length", ["layers"]],
    ["properties of an object that is written", "const s: Shape = { | }", ["s"]],
    ["texts of a union", "let t: keyof typeof model = 'l|'", ["layers"]],
    ["named imports", "import { ad| } from './helper'", ["add"]],
    ["files", "import { h } from './he|'", ["helper"]],
    ["files in a dynamic import", "await import('./fol|')", ["folder"]],
    ["files of a folder", "import './folder/|'", ["inner"]],
    ["packages", "import { s } from 'some-p|'", ["some-package"]],
    ["built-in modules", "import fs from 'node:fs/|'", ["promises"]],
    ["nothing in a comment", "// mod|", []],
    ["nothing in a text", "'mod|'", []],
    ["nothing for a new name", "const mod|", []],
  ] as const) {
    it(`offers ${title}`, async () => {
      assert.deepEqual(await notebook.texts(marked), expected);
    });
  }

  it("offers globals and keywords, the notebook's own names before them", async () => {
    const { items } = await notebook.complete("|");
    const texts = items.map(({ text }) => text);
    for (const text of ["model", "console", "Map", "await", "const", "setTimeout"]) {
      assert.ok(texts.includes(text), text);
    }
    assert.ok(texts.indexOf("model") < texts.indexOf("console"));
    assert.ok(texts.indexOf("console") < texts.indexOf("await"));
    assert.ok(items.length <= 1000);
  });

  it("offers nothing of the kernel's own", async () => {
    for (const marked of [
      "|",
      "import '|'",
      "import './|'",
      "$|",
      "cell|",
      "__|",
      ".|",
      "import './.|'",
    ]) {
      for (const text of await notebook.texts(marked))
        assert.doesNotMatch(text, /notebook-|cell-\d/);
    }
  });

  it("tells what kind of thing each is", async () => {
    const { items } = await notebook.complete("|");
    const types = new Map(items.map(({ text, type }) => [text, type]));
    for (const [name, type] of Object.entries({
      model: "variable",
      epochs: "variable",
      Dense: "class",
      Mode: "enum",
      train: "function",
      Tools: "module",
      await: "keyword",
      console: "variable",
    })) {
      assert.equal(types.get(name), type, name);
    }
    const [compile, layers] = (await notebook.complete("model.|")).items;
    assert.deepEqual(compile, { text: "compile", type: "method", signature: "(): number" });
    assert.deepEqual(layers, { text: "layers", type: "property" });
    const [train] = (await notebook.complete("trai|")).items;
    assert.deepEqual(train, {
      text: "train",
      type: "function",
      signature: "(epochs: number): number",
    });
  });

  it("tells what an imported name is", async () => {
    await notebook.run(
      "import { add as plus, h } from './helper'; import * as all from './helper'; import { EventEmitter } from 'node:events';",
    );
    for (const [marked, item] of [
      ["plu|", { text: "plus", type: "function", signature: "(a: number, b?: number): number" }],
      ["EventEmi|", { text: "EventEmitter", type: "class" }],
      ["h|", { text: "h", type: "variable" }],
      ["al|", { text: "all", type: "module" }],
    ] as const) {
      assert.deepEqual((await notebook.complete(marked)).items[0], item, marked);
    }
  });

  it("gives the range of the whole word, in UTF-16", async () => {
    for (const [marked, replaced] of [
      ["'😀'; model.lay|ers;", "layers"],
      ["model.|", ""],
      ["mod|", "mod"],
      ["  |  ", ""],
      ["import './he|lper'", "helper"],
      ["größ|e", "größe"],
      ["a;\r\nmod|el", "model"],
    ] as const) {
      const { start, end } = await notebook.complete(marked);
      assert.equal(marked.replace("|", "").slice(start, end), replaced, marked);
    }
  });

  it("keeps within the text at odd offsets", async () => {
    for (const offset of [0, 3, 4]) {
      const { start, end } = await notebook.language.complete("a😀b", offset);
      assert.ok(start >= 0 && start <= end && end <= 4);
    }
    assert.deepEqual((await notebook.language.complete("", 0)).start, 0);
  });

  it("changes nothing that a later check sees", async () => {
    await notebook.complete("const epochs = 'text'; epochs.|");
    assert.deepEqual(await notebook.run("epochs = 5;"), []);
  });
});

describe("inspection", () => {
  let notebook: Notebook;
  before(async () => {
    notebook = new Notebook();
    await notebook.run(
      `/**
        * Adds two numbers.
        * @param a the first
        * @param b the second, *2* by default
        * @returns their sum
        * @example add(1, 2)
        */
       function add(a: number, b = 2) { return a + b; }
       /** How often. */ let epochs = 3; class Dense<T> { constructor(readonly units: T) {} }
       const list = [new Dense(1)]; interface Shape { s: 1 } type Alias = Shape | undefined;
       function over(a: string): string;
       /** The second one. */
       function over(a: number, b?: string): number;
       function over(a: unknown): unknown { return a; }`,
    );
  });
  after(() => notebook.close());

  for (const [title, marked, expected] of [
    [
      "a function with its documentation",
      "ad|d",
      /```typescript\nfunction add\(a: number, b\?: number\): number\n```\nAdds two numbers\.[\s\S]*@param\* `a` — the first/,
    ],
    ["a variable", "epoch|s", /let epochs: number[\s\S]*How often\./],
    ["the name before the cursor", "epochs|", /let epochs: number/],
    ["the name after the cursor", "|epochs", /let epochs: number/],
    ["a class", "new Dense|", /Dense/],
    ["an interface", "let s: Sha|pe", /interface Shape/],
    ["a type", "let s: Ali|as", /type Alias = Shape \| undefined/],
    ["a member", "list[0].uni|ts", /\(property\) Dense<number>\.units: number/],
    ["what the code itself declares", "const own = add(1); ow|n", /const own: number/],
    ["a global", "conso|le.log", /console/],
    ["a name after emoji", "'😀😀'; epo|chs", /let epochs/],
    [
      "a call from within its parentheses",
      "add(|",
      /add\(a: number, b\?: number\): number\n```\n\n\*\*`a: number`\*\* — the first/,
    ],
    ["the parameter that is being written", "add(1, |)", /\*\*`b\?: number`\*\* — the second/],
    [
      "the innermost call",
      "add(add(1), over(|",
      /over\(a: string\): string[\s\S]*\+ 1 more overload/,
    ],
    [
      "a name in a call, and the call",
      "add(epo|chs",
      /let epochs: number[\s\S]*---[\s\S]*add\(a: number/,
    ],
    ["unfinished code", "if (epochs) { add(1,|", /\*\*`b\?: number`/],
  ] as const) {
    it(`shows ${title}`, async () => {
      const found = await notebook.inspect(marked);
      assert.match(found?.markdown ?? "nothing", expected);
      assert.doesNotMatch(found!.markdown, /notebook-|\(alias\)|^import /m);
    });
  }

  it("shows all overloads where more is asked for", async () => {
    const { markdown } = (await notebook.inspect("over(|", 1))!;
    assert.match(markdown, /over\(a: string\): string\nover\(a: number, b\?: string\): number/);
  });

  it("has a form for a terminal", async () => {
    const { text } = (await notebook.inspect("add(1, |"))!;
    assert.match(
      text,
      /^add\(a: number, b\?: number\): number\n\nb\?: number — the second, 2 by default/,
    );
  });

  it("finds nothing where there is nothing", async () => {
    for (const marked of ["|", "  |  ", "1 + |", "nowhere|", "// add|"]) {
      assert.equal(await notebook.inspect(marked), undefined, marked);
    }
  });
});
