/** Which lines of a cell are magics, and that TypeScript is never taken for one. */
import assert from "node:assert/strict";
import { analyze } from "../../../kernel/cell/index.ts";
import { completeMagic, readMagics } from "../../../kernel/magics/index.ts";
import { completeness } from "../../../kernel/notebook/completeness.ts";
import { understand } from "../../../kernel/notebook/understand.ts";

const known = (...names: string[]) => {
  const set = new Set(names);
  return (name: string) => set.has(name) || name in globalThis;
};
const nothing = { isKnown: known(), isVariable: () => false };
const read = (source: string, ...names: string[]) => readMagics(source, known(...names));
const names = (source: string, ...known: string[]) =>
  read(source, ...known).magics.map(({ name, parts }) => `${name}:${parts.join("|")}`);

describe("Magics", () => {
  it("are found at the start of a line", () => {
    assert.deepEqual(names("!ls -l | wc"), ["sh:ls -l | wc"]);
    assert.deepEqual(names("! git status"), ["sh: git status"]);
    assert.deepEqual(names("const a = 1\n!ls\n%who\nconst b = a"), ["sh:ls", "who:"]);
    assert.deepEqual(names("%npm install left-pad is-odd"), ["npm: install left-pad is-odd"]);
    assert.deepEqual(names("%env A=b\r\n%pwd\r\n"), ["env: A=b", "pwd:"]);
    assert.deepEqual(names("%%html\n<b>{x}</b>\n`${"), ["html:|<b>{x}</b>\n`${"]);
    assert.deepEqual(names("\n%%writefile a.txt\n!x"), ["writefile:a.txt|!x"]);
    assert.deepEqual(names("%%time\n!ls"), ["time:", "sh:ls"]);
    assert.deepEqual(names("/* a */\n!npm --version && echo $HOME"), [
      "sh:npm --version && echo $HOME",
    ]);
    assert.deepEqual(names("!echo a \\\n  b\n!echo c"), ["sh:echo a \\\n  b", "sh:echo c"]);
  });

  it("leave everything else in its place", () => {
    const source = "const a = 1\n!ls 😀 -l\r\n%time f(a)\nconst b: string = a;";
    const { code } = read(source);
    assert.equal(code.length, source.length);
    assert.equal(code.indexOf("f(a)"), source.indexOf("f(a)"));
    assert.equal(code.indexOf("const b"), source.indexOf("const b"));
    assert.deepEqual(code.match(/\r?\n/g), source.match(/\r?\n/g));
    assert.deepEqual(analyze(code).errors, []);
  });

  const valid: Record<string, string> = {
    "a negation": "!done && start()",
    "a negated name alone": "!done",
    "a negation of a call": "!(done)",
    "a double negation": "!!ls",
    "a function that is called at once": "!function () { f(); }()",
    "a negated await": "!await f()",
    "a negation in a chain": "const a =\n!done",
    "a comparison": "const a = b\n!= c",
    "a remainder whose operator begins the line": "const c = total\n% size",
    "a remainder without a space": "const c = total\n%size;",
    "a remainder of a name that is a magic too": "let who = 1;\nconst c = total\n%who",
    "a template": "const t = `\n!ls\n%who\n%%time\n$" + "{done}\n!ls`;",
    "a template in a template": "const t = `$" + "{`\n!ls\n`}\n%who`;",
    "a comment": "/*\n!ls\n%who\n*/ f()",
    "a documentation comment": "/**\n!ls\n*/\nfunction f() {}",
    "an argument": "f(\n!ls, 7\n%size)",
    "a branch": "if (done)\n!ls\nelse f()",
    "a block": "{\n!done\n}",
    "an array": "const x = [\n!done,\n!size\n]",
    "an arrow function": "const g = () =>\n!done",
    "a conditional": "const g = done ?\n!size :\n!total",
    "a regular expression": "!/x/.test(total)",
    "a line that is indented": "const c = total\n  %who",
  };
  for (const [what, source] of Object.entries(valid)) {
    it(`do not take ${what} for one`, () => {
      const found = read(source, "done", "total", "size", "b", "c", "f", "start");
      assert.deepEqual(found.magics, []);
      assert.equal(found.code, source);
    });
  }

  it("are told from TypeScript by the names that are known", () => {
    assert.deepEqual(names("!ls"), ["sh:ls"]);
    assert.deepEqual(names("!ls", "ls"), []);
    assert.deepEqual(names("!ls - l", "l"), ["sh:ls - l"]);
    // Neither a name nor a program: the checker says more about it than a shell would.
    assert.deepEqual(names("!doen && f()"), []);
    // Known, but no TypeScript.
    assert.deepEqual(names("!date -u +%Y", "date"), ["sh:date -u +%Y"]);
    assert.deepEqual(names("let date = 1\n!date"), []);
    assert.deepEqual(names("const a = b\n%who", "b"), ["who:"]);
    assert.deepEqual(names("let x = 1\n!cd x\n!git log -1"), ["sh:cd x", "sh:git log -1"]);
  });

  it("do not hide mistakes in the TypeScript", () => {
    const { errors } = understand("!ls\nconst = 3\n%who", analyze, nothing);
    assert.equal(errors[0]?.start, 10);
    const { errors: open } = understand("const t = `\n!ls", analyze, nothing);
    assert.equal(open[0]?.incomplete, true);
  });

  it("that do not exist are named, with the nearest that does", () => {
    const message = (source: string) => understand(source, analyze, nothing).errors[0]?.message;
    assert.match(message("%tiem f()") ?? "", /^There is no magic %tiem\. Did you mean %time\?/);
    assert.match(message("let a = 1\n%wo") ?? "", /%wo\. Did you mean %who\?/);
    assert.match(message("%%htlm\nx") ?? "", /%%htlm\. Did you mean %%html\?/);
    assert.match(message("%matplotlib inline") ?? "", /^There is no magic %matplotlib\. %lsmagic/);
    assert.match(message("%html x") ?? "", /^%html does not exist, %%html does/);
    assert.match(message("%%who\nx") ?? "", /^%%who does not exist, %who does/);
    assert.match(message("let a\n%%html\nx") ?? "", /must be the cell's first line/);
    assert.match(message("let a\n%reset") ?? "", /must stand before the code/);
    assert.match(message("%time") ?? "", /stands before a statement/);
    assert.match(message("%constructor") ?? "", /There is no magic %constructor/);
  });

  it("take values of the notebook in braces, and leave the shell's braces to it", () => {
    const cell = (source: string) => {
      const { code, magics } = read(source, "x", "y", "f", "print");
      const [{ parts, values } = {}] = magics;
      return { parts, values: values && code.slice(values.start, values.end) };
    };
    assert.deepEqual(cell("!echo {x}-{y.z[0]}!"), {
      parts: ["echo ", "-", "!"],
      values: "[x,  y.z[0]]",
    });
    assert.deepEqual(cell("!echo {f({ a: 1 })}").values, "[f({ a: 1 })]");
    assert.deepEqual(cell("!echo {x}{y}").values, "[x, y]");
    for (const own of [
      ...["{x,y}", "{1..3}", "$" + "{x}", "{}", "{ls; }", "{{x}}", "'{print $1}'", "{nobody}"],
      ...['{"a": 1}', "{1}"],
    ]) {
      assert.deepEqual(cell(`!echo ${own}`), { parts: [`echo ${own}`], values: undefined }, own);
    }
  });

  it("set up what the check of the rest depends on", () => {
    const parts = (source: string) => {
      const cell = understand(source, analyze, nothing);
      return { ahead: cell.setUp?.magics.length ?? 0, after: cell.magics.length };
    };
    assert.deepEqual(parts("// why\n%npm i a\nimport a from 'a'"), { ahead: 1, after: 0 });
    assert.deepEqual(parts("!x y\n%reset\n!z y\nlet a"), { ahead: 2, after: 1 });
    assert.deepEqual(parts("let a\n%npm i a"), { ahead: 0, after: 1 });
    assert.deepEqual(parts("%cd x"), { ahead: 0, after: 1 });
  });

  it("after an expression leave it without a result", () => {
    const hasResult = (source: string) =>
      understand(source, analyze, nothing).analysis.result !== undefined;
    assert.ok(hasResult("!ls -l\n1 + 1"));
    assert.ok(hasResult("%time 1 + 1"));
    assert.ok(!hasResult("1 + 1\n!ls -l"));
    assert.ok(!hasResult("let x = 1\n!echo {x}"));
  });
});

describe("Completion of magics", () => {
  const complete = (source: string) =>
    completeMagic(source, read(source), source.length)?.items.map(({ text }) => text);

  it("knows those that fit the place", () => {
    assert.deepEqual(complete("let a\n%ti"), ["%time"]);
    assert.deepEqual(complete("%%ti"), ["%%time"]);
    assert.ok(complete("%")?.includes("%%html"));
    assert.ok(complete("%")?.includes("%npm"));
    assert.ok(!complete("let a\n%")?.includes("%%html"));
  });

  it("has nothing to say of commands, and leaves TypeScript alone", () => {
    assert.deepEqual(complete("!ls f"), []);
    assert.equal(complete("const t = `\n%ti"), undefined);
    assert.equal(complete("const t = `\n%"), undefined);
    assert.equal(complete("%time Math.ma"), undefined);
    const source = "let x\n!echo {x}";
    assert.equal(completeMagic(source, read(source), source.length - 1), undefined);
  });
});

describe("Completeness with magics", () => {
  const status = (source: string) =>
    completeness(source, understand(source, analyze, nothing)).status;

  it("waits for what a magic is still to be given", () => {
    for (const source of ["!ls -l", "%who", "let a\n%time f()", "%%time\nf()", "%npm i x"])
      assert.equal(status(source), "complete", source);
    for (const source of [
      "!ls \\",
      "%%time",
      "%%html",
      "%%html\n<b>",
      "%time f(",
      "%%bash\nls\nls",
    ])
      assert.equal(status(source), "incomplete", source);
    assert.equal(status("%%html\n<b>\n"), "complete");
    assert.equal(status("%nothing"), "invalid");
  });
});
