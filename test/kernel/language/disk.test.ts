import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { Notebook } from "./notebook.ts";

const expectNumber = (name: string, from: string) =>
  `import { ${name} } from '${from}'; const n: number = ${name};`;

describe("files around the notebook", () => {
  let notebook: Notebook;
  beforeEach(() => {
    notebook = new Notebook(["test-source"]);
  });
  afterEach(() => notebook.close());

  /** Writes the file, and expects the cell to have these error codes. */
  async function expectCodes(source: string, codes: number[]): Promise<void> {
    const errors = await notebook.run(source);
    assert.deepEqual(
      errors.map((error) => Number.parseInt(error, 10)),
      codes,
      errors.join("\n"),
    );
  }

  it("are found with and without extension, in sub-folders, and above the folder", async () => {
    notebook.write("plain.ts", "export const plain = 1;");
    notebook.write("sub/index.ts", "export const sub = 1;");
    notebook.write("esm.mts", "export const esm = 1;");
    notebook.write("script.js", "export const script = 1; export function id(a) { return a; }");
    notebook.write("data.json", '{ "n": 1 }');
    await expectCodes(
      `import { plain } from "./plain"; import { plain as p2 } from "./plain.ts"; import { plain as p3 } from "./plain.js";
       import { sub } from "./sub"; import { esm } from "./esm.mjs"; import { esm as e2 } from "./esm.mts";
       import { script, id } from "./script.js"; import data from "./data.json"; import again from "./data.json" with { type: "json" };
       const all: number[] = [plain, p2, p3, sub, esm, e2, script, id(1), data.n, again.n];
       const later = await import("./plain"); later.plain.toFixed();`,
      [],
    );
  });

  it("are checked as they are now: edited, made, and removed", async () => {
    const cell = expectNumber("a", "./m");
    await expectCodes(cell, [2307]);
    notebook.write("m.ts", "export const a = 1;");
    await expectCodes(cell, []);
    notebook.write("m.ts", "export const a = 'text';");
    await expectCodes(cell, [2322]);
    notebook.remove("m.ts");
    await expectCodes(cell, [2307]);
    notebook.write("m.ts", "export const a = 22;");
    await expectCodes(cell, []);
  });

  it("are followed through what they import", async () => {
    notebook.write("m.ts", 'export { a } from "./deep/n.js";');
    notebook.write("deep/n.ts", 'export * from "./o";');
    notebook.write("deep/o.ts", "export const a = 'text';");
    const cell = expectNumber("a", "./m");
    await expectCodes(cell, [2322]);
    notebook.write("deep/o.ts", "export const a = 1;");
    await expectCodes(cell, []);
  });

  describe("keep the types that a cell got, as its values stay, until it runs again", () => {
    it("where the file itself changes, again and again", async () => {
      notebook.write("m.ts", "export function make() { return 1; }");
      const imports = "import { make } from './m';";
      await expectCodes(`${imports} const made = make();`, []);
      for (const n of [1, 2, 3]) {
        notebook.write("m.ts", `export function make() { return 'text${n}'; }`);
        await expectCodes("made.toFixed(); make().toFixed();", []);
      }
      await expectCodes(imports, []);
      await expectCodes("made.toFixed(); make().toUpperCase();", []);
      await expectCodes("make().toFixed();", [2551]);
      notebook.write("m.ts", "export function make() { return [1]; }");
      await expectCodes("const copy = [made, make()] as const; copy[1].toUpperCase();", []);
      await expectCodes(`${imports} make().map((v) => v + 1); copy[1].toUpperCase();`, []);
    });

    it("where a file changes that it imports, or is removed", async () => {
      notebook.write(
        "sub/a.ts",
        "export * from './b'; export { default as data } from './d.json';",
      );
      notebook.write(
        "sub/b.ts",
        "import { c } from '../c'; export const b = c; export class Net { private w = 1; }",
      );
      notebook.write("c.ts", "export const c = 1;");
      notebook.write("sub/d.json", '{ "n": 1 }');
      const imports = "import { b, Net, data } from './sub/a';";
      await expectCodes(`${imports} const net = new Net();`, []);
      notebook.write("c.ts", "export const c = 'text';");
      notebook.write("sub/d.json", '{ "n": "text" }');
      await expectCodes("b.toFixed(); data.n.toFixed(); const same: Net = net;", []);
      notebook.remove("c.ts");
      await expectCodes("b.toFixed(); data.n.toFixed();", []);
      notebook.write("c.ts", "export const c = true;");
      await expectCodes("b.toFixed();", []);
      await expectCodes(imports, []);
      await expectCodes("const t: true = b; data.n.toUpperCase();", []);
      const errors = await notebook.run("const other: Net = net;");
      assert.match(errors.join(), /^2322 .*'Net'/);
      assert.doesNotMatch(errors.join(), /\.notebook-/);
    });

    it("where files import each other", async () => {
      notebook.write(
        "a.ts",
        "import { b } from './b'; export const a = 1; export const getB = () => b;",
      );
      notebook.write(
        "b.ts",
        "import { a } from './a'; export const b = 'b'; export const getA = () => a;",
      );
      await expectCodes("import { getB } from './a'; import { getA } from './b';", []);
      notebook.write(
        "a.ts",
        "import { b } from './b'; export const a = 'text'; export const getB = () => [b];",
      );
      await expectCodes("getB().toUpperCase(); getA().toFixed();", []);
    });

    it("in completion and hover, and in a server that starts anew", async () => {
      notebook.write("m.ts", "export const first = 1;");
      await expectCodes("import * as m from './m';", []);
      notebook.write("m.ts", "export const first = 'text'; export const second = 2;");
      assert.deepEqual(await notebook.texts("m.|"), ["first"]);
      process.kill(notebook.language.processId!, "SIGKILL");
      assert.match((await notebook.inspect("m.fir|st"))!.text, /const first: 1/);
      assert.deepEqual(await notebook.texts("import './|'"), ["m"]);
      await expectCodes("import * as m from './m';", []);
      assert.deepEqual(await notebook.texts("m.|"), ["first", "second"]);
    });

    it("and not where only its time changes", async () => {
      notebook.write("m.ts", "export class C { private p = 1; }");
      await expectCodes("import { C } from './m'; const c = new C();", []);
      notebook.write("m.ts", "export class C { private p = 1; }");
      await expectCodes("import { C } from './m'; const same: C = c;", []);
    });
  });

  it("may be linked from elsewhere", async () => {
    const other = new Notebook();
    other.write("shared.ts", "export const a = 1;");
    symlinkSync(join(other.directory, "shared.ts"), join(notebook.directory, "m.ts"));
    const cell = expectNumber("a", "./m");
    await expectCodes(cell, []);
    other.write("shared.ts", "export const a = 'text';");
    await expectCodes(cell, [2322]);
    await other.close();
  });

  it("may be the notebook's own package, by its name and conditions", async () => {
    notebook.write(
      "package.json",
      '{ "name": "own", "exports": { "./*": { "test-source": "./src/*.ts", "default": "./dist/*.js" } } }',
    );
    notebook.write("src/k.ts", "export const k = 'text';");
    const cell = expectNumber("k", "own/k");
    await expectCodes(cell, [2322]);
    notebook.write("src/k.ts", "export const k = 1;");
    await expectCodes(cell, []);
  });

  it("may be packages that are installed, updated and removed", async () => {
    const cell = expectNumber("p", "pack");
    const install = (type: string) => {
      notebook.write(
        "node_modules/pack/package.json",
        '{ "name": "pack", "types": "i.d.ts", "main": "i.js" }',
      );
      notebook.write("node_modules/pack/i.d.ts", `export declare const p: ${type};`);
      notebook.write("node_modules/.package-lock.json", `{ "type": "${type}" }`);
    };
    await expectCodes("const kept = 1;", []);
    await expectCodes(cell, [2307]);
    install("string");
    await expectCodes(cell, [2322]);
    install("number");
    await expectCodes(cell, []);
    await expectCodes("kept.toFixed();", []);
    notebook.remove("node_modules");
    await expectCodes(cell, [2307]);
  });

  describe("tsconfig.json", () => {
    const loose = "const t: string = null;";
    const implicit = "function f(a) { return a; }";

    it("is strict where there is none", async () => {
      await expectCodes(loose, [2322]);
      await expectCodes(implicit, [7006]);
    });

    it("is honoured, also when it comes, changes and goes", async () => {
      await expectCodes(loose, [2322]);
      notebook.write(
        "tsconfig.json",
        '{ /* a comment */ "compilerOptions": { "strict": false, } }',
      );
      await expectCodes(`${loose} ${implicit}`, []);
      notebook.write(
        "tsconfig.json",
        '{ "compilerOptions": { "strict": false, "strictNullChecks": true } }',
      );
      await expectCodes(loose, [2322]);
      await expectCodes(implicit, []);
      notebook.remove("tsconfig.json");
      await expectCodes(implicit, [7006]);
    });

    it("is followed to what it extends", async () => {
      notebook.write("config/base.json", '{ "compilerOptions": { "strict": false } }');
      notebook.write("tsconfig.json", '{ "extends": ["./config/base"] }');
      await expectCodes(loose, []);
      notebook.write("config/base.json", '{ "compilerOptions": { "strict": true } }');
      await expectCodes(loose, [2322]);
    });

    it("is found above the folder", async () => {
      notebook.write("sub/folder/x.txt", "");
      notebook.write("tsconfig.json", '{ "compilerOptions": { "strict": false } }');
      const { TypeScriptLanguage } = await import("../../../kernel/language/index.ts");
      const { analyze } = await import("../../../kernel/cell/index.ts");
      const language = new TypeScriptLanguage({
        directory: join(notebook.directory, "sub/folder"),
        conditions: [],
      });
      assert.deepEqual(await language.check(1, loose, analyze(loose)), { diagnostics: [] });
      await language.dispose();
    });

    it("does not decide what the kernel does by itself", async () => {
      notebook.write(
        "tsconfig.json",
        JSON.stringify({
          compilerOptions: {
            strict: true,
            target: "es2017",
            module: "nodenext",
            verbatimModuleSyntax: true,
            isolatedModules: true,
            erasableSyntaxOnly: true,
            noUnusedLocals: true,
            noUnusedParameters: true,
            allowUnreachableCode: false,
            allowUnusedLabels: false,
            composite: true,
            rootDir: "src",
            outDir: "out",
          },
          include: ["src"],
        }),
      );
      notebook.write("src/m.ts", "export const a = 1; export interface Shape { b: 1 }");
      await expectCodes(
        `import { a, Shape } from "./src/m"; enum Color { Red } namespace N { export const n = 1; }
         class C { constructor(readonly p: number) {} } const unused = await Promise.resolve(1);
         function f(x: number) { return 1; console.log(2); } const s: Shape = { b: 1 }; loop: for (;;) { break; }`,
        [],
      );
      await expectCodes("Color.Red; N.n; new C(1).p; const t: Shape = { b: a };", []);
    });

    it("that is broken stops nothing", async () => {
      notebook.write("tsconfig.json", '{ "extends": "./missing", "compilerOptions": { "strict": ');
      await expectCodes("const n: number = 'a';", [2322]);
    });
  });
});
