import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { analyze } from "../../../kernel/cell/index.ts";
import { codeFrames } from "../../../kernel/notebook/code-frame.ts";
import { completeness } from "../../../kernel/notebook/completeness.ts";
import { readQuestion } from "../../../kernel/notebook/pager.ts";

describe("A code frame", () => {
  const frame = (source: string, start: number, end: number) =>
    codeFrames(source, 3, [{ message: "wrong", label: "error TS1", start, end }]).map(
      stripVTControlCharacters,
    );

  it("shows the line with a squiggle under the place", () => {
    assert.deepEqual(frame("a\nlet b = c;\nd", 10, 11), [
      "cell[3]:2:9 - error TS1: wrong",
      "",
      "2 let b = c;",
      "          ~",
    ]);
  });

  it("keeps tabs, and lines with other ends apart", () => {
    assert.deepEqual(frame("a\r\n\tbad()\r\nc", 4, 7).slice(2), ["2 \tbad()", "  \t~~~"]);
  });

  it("underlines at least one and at most what the first line has", () => {
    assert.deepEqual(frame("f(", 2, 2).slice(2), ["1 f(", "    ~"]);
    assert.deepEqual(frame("f(\n1)", 0, 5).slice(2), ["1 f(", "  ~~"]);
  });

  it("says how many more there are where there are many", () => {
    const mistakes = Array.from({ length: 13 }, () => ({
      ...{ message: "m", label: "error TS1", start: 0, end: 1 },
    }));
    const lines = codeFrames("x", 1, mistakes).map(stripVTControlCharacters);
    assert.equal(lines.at(-1), "… and 3 more");
  });
});

describe("Completeness", () => {
  const status = (source: string) => completeness(source, analyze(source));

  it("indents after what opens", () => {
    assert.deepEqual(status("if (true) {"), { status: "incomplete", indent: "  " });
    assert.deepEqual(status("  f(() =>"), { status: "incomplete", indent: "    " });
    assert.deepEqual(status("{\n    const a = 1;\n"), { status: "incomplete", indent: "    " });
    assert.deepEqual(status("1 + 1"), { status: "complete" });
    assert.deepEqual(status("let let"), { status: "invalid" });
  });
});

describe("A question", () => {
  it("is a name with a mark before or after it, and nothing else", () => {
    assert.deepEqual(readQuestion("Math.max?"), { name: "Math.max", detail: 0 });
    assert.deepEqual(readQuestion(" ?? größe \n"), { name: "größe", detail: 1 });
    assert.deepEqual(readQuestion("$x??"), { name: "$x", detail: 1 });
    for (const source of ["a ? b : c", "a?.b", "?", "a b?", "f()?", "1?", "a?\nb"])
      assert.equal(readQuestion(source), undefined, source);
  });
});
