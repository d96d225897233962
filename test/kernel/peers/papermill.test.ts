/** papermill gives parameters to TypeScript notebooks. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type Cell, notebook, runPython, textOf } from "../conformance/jupyter.ts";
import { usePeers } from "./hooks.ts";

describe("papermill", () => {
  const peers = usePeers("papermill");

  /** Runs a notebook with parameters, given as a file. */
  async function papermill(sources: readonly string[], parameters: string, ...more: string[]) {
    await writeFile(join(peers.prefix, "in.ipynb"), notebook(sources));
    await writeFile(join(peers.prefix, "parameters.yaml"), parameters);
    const args = ["-m", "papermill", "in.ipynb", "out.ipynb", "-f", "parameters.yaml", ...more];
    const { status, stderr } = runPython(peers.prefix, args, { program: peers.program });
    // papermill writes the parameters down as Python's JSON has them.
    const text = await readFile(join(peers.prefix, "out.ipynb"), "utf8");
    const { cells } = JSON.parse(text.replace(/": (?:NaN|-?Infinity)(?=,?\n)/g, '": null'));
    return { status, stderr: stripVTControlCharacters(stderr), cells: cells as Cell[] };
  }

  it("sets parameters of every kind, and loses nothing of them", async () => {
    const parameters = {
      nothing: null,
      flags: [true, false],
      numbers: [0, -1, 1.5, -2.5, 2 ** 53 - 1],
      nested: [[1, [2, ["three", null]]], { a: { "b c": [{}], 'd"e': "f" }, ["__proto__"]: 1 }],
      text: "back`tick $" + "{x} \\ 'single' \"double\"\nnew line\ttab\r😀 größe \u2028 </script>",
    };
    // To YAML this one is the end of a line.
    const yaml = JSON.stringify(parameters).replace("\u2028", "\\u2028");
    const { status, stderr, cells } = await papermill(
      [
        "JSON.stringify({ nothing, flags, numbers, nested, text })",
        "// Not even an expression that only looks like one\n(nested as object[]).length",
      ],
      yaml,
    );
    assert.equal(status, 0, stderr);
    const [injected, first] = cells;
    assert.deepEqual(injected?.metadata.tags, ["injected-parameters"]);
    const shown = textOf(first!);
    // The result is shown as a string in quotes.
    const value = Function(`return ${shown}`)() as string;
    assert.equal(value, JSON.stringify(parameters));
  });

  it("sets what only YAML knows", async () => {
    const { status, stderr, cells } = await papermill(
      ["[big, tiny, nan, up, down, day, moment, keys]"],
      [
        ...[
          "big: 123456789012345678901",
          "tiny: -2.5e-300",
          "nan: .nan",
          "up: .inf",
          "down: -.inf",
        ],
        ...["day: 2024-02-29", "moment: 2024-02-29 12:30:00", "keys: { 1: a, 2: b }"],
      ].join("\n"),
    );
    assert.equal(status, 0, stderr);
    assert.equal(
      textOf(cells[1]!).replace(/\s+/g, " "),
      "[ 123456789012345678901n, -2.5e-300, NaN, Infinity, -Infinity, '2024-02-29', '2024-02-29 12:30:00', " +
        "{ '1': 'a', '2': 'b' } ]",
    );
  });

  const declared = [
    '// parameters\nlet epochs: number = 1; // how often\nlet mode: "fast" | "slow" = "slow";\n' +
      "let sizes: number[] = [];",
    'const pick = (how: "fast" | "slow") => how;\n[epochs + 1, pick(mode), sizes]',
  ];

  it("keeps the types that the notebook declares", async () => {
    const { status, stderr, cells } = await papermill(
      declared,
      '{ "epochs": 5, "mode": "fast", "sizes": [3] }',
    );
    assert.equal(status, 0, stderr);
    assert.deepEqual(cells.map(textOf), ["", "", "[ 6, 'fast', [ 3 ] ]"]);
    assert.match(
      [cells[1]!.source].flat().join(""),
      /^\/\/ Parameters \(set by papermill\)\nlet epochs = 5;/,
    );
  });

  it("has values of other types refused", async () => {
    const { status, stderr } = await papermill(declared, '{ "mode": "medium" }');
    assert.notEqual(status, 0);
    assert.match(
      stderr,
      /cell\[2\]:2:5 - TypeScriptError TS2322: Type '"medium"' is not assignable/,
    );
  });

  it("has names refused that TypeScript does not know", async () => {
    const { status, stderr } = await papermill(["1"], '{ "not-a-name": 1 }').catch(() => ({
      status: 1,
      stderr: "no notebook",
    }));
    assert.notEqual(status, 0);
    assert.match(stderr, /'not-a-name' is not a name in TypeScript|no notebook/);
  });

  it("tells of a notebook's parameters", async () => {
    const source =
      '// parameters\nlet epochs: number = 3; // how often\nconst name = "a // b"\n' +
      "/* The sizes\n * of it. */\nlet sizes: Array<[number, number]> = [\n  [1, 2],\n];\n" +
      "let a = 1; let b: { c?: string } = {};\nlet big = 12n;\nlet f: (x: number) => void = () => {};";
    await writeFile(join(peers.prefix, "help.ipynb"), notebook([source]));
    const args = ["-m", "papermill", "--help-notebook", "help.ipynb"];
    const { stdout, status } = runPython(peers.prefix, args, { program: peers.program });
    assert.equal(status, 0, stdout);
    for (const line of [
      "epochs: number (default 3)      how often",
      'name: string (default "a // b")',
      "sizes: Array<[number, number]> (default [ [1, 2], ])",
      "a: number (default 1)",
      "b: { c?: string } (default {})",
      "big: bigint (default 12n)",
      "f: (x: number) => void (default () => {})",
    ]) {
      assert.ok(stdout.includes(`  ${line}`), `${line} is not in\n${stdout}`);
    }
    assert.match(stdout, /\n +The sizes of it\.\n/);
  });
});
