/** A lesson's notebook and its text form say the same, and neither way between them loses anything. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root, venv, venvPython } from "../../lib/setup/paths.mjs";

interface PairedCell {
  readonly type: string;
  readonly source: string;
  readonly metadata: Record<string, unknown>;
}

interface PairedNotebook {
  readonly kernel: string | null;
  readonly cells: readonly PairedCell[];
}

interface Pair {
  readonly name: string;
  readonly notebook: PairedNotebook;
  readonly text: PairedNotebook | null;
  readonly roundTrip: PairedNotebook;
}

const folder = join(root, "notebooks");
const lessons = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

async function readPairs(paths: readonly string[]): Promise<Pair[]> {
  const script = join(import.meta.dirname, "pairing.py");
  const { stdout } = await promisify(execFile)(venvPython(venv), [script, ...paths], {
    maxBuffer: 1e9,
  });
  return JSON.parse(stdout);
}

/** How JupyterLab shows a cell is not part of the lesson, and not in the text form. */
function withoutDisplay({ type, source, metadata }: PairedCell): PairedCell {
  const display = new Set(["collapsed", "scrolled", "trusted", "jupyter", "execution"]);
  const kept = Object.entries(metadata).filter(([name]) => !display.has(name));
  return { type, source, metadata: Object.fromEntries(kept) };
}

function assertSame(actual: PairedNotebook, expected: PairedNotebook): void {
  const [a, b] = [actual, expected].map(({ kernel, cells }) => ({
    kernel,
    cells: cells.map(withoutDisplay),
  }));
  assert.deepEqual(a, b);
}

describe("pairs of notebook and text", () => {
  let pairs = new Map<string, Pair>();
  let temporary: string;

  before(async function () {
    if (!existsSync(venvPython(venv))) this.skip(); // needs .venv: npm start -- --setup-only
    temporary = await mkdtemp(join(tmpdir(), "pairing-"));
    const paths = lessons.map((name) => join(folder, name));
    const found = await readPairs([...paths, await changedPair(temporary)]);
    pairs = new Map(found.map((pair) => [pair.name, pair]));
  });

  after(async () => {
    if (temporary) await rm(temporary, { recursive: true });
  });

  for (const name of lessons) {
    it(`${name} and its .ts have the same cells`, () => {
      const { notebook, text } = pairs.get(name)!;
      assert.ok(text, `${name} has no text form: run \`jupytext --sync notebooks/${name}\``);
      assertSame(text, notebook);
    });

    it(`${name} loses nothing on the way to text and back`, () => {
      const { notebook, roundTrip } = pairs.get(name)!;
      assertSame(roundTrip, notebook);
    });
  }

  it("a text form without its notebook does not exist", () => {
    const texts = readdirSync(folder).filter((name) => name.endsWith(".ts"));
    const alone = texts.filter((name) => !lessons.includes(name.replace(/\.ts$/, ".ipynb")));
    assert.deepEqual(alone, []);
  });

  it("a changed cell is noticed", () => {
    const { notebook, text, roundTrip } = pairs.get("changed.ipynb")!;
    assertSame(roundTrip, notebook);
    assert.throws(() => assertSame(text!, notebook), assert.AssertionError);
  });
});

/** A notebook whose text form says something else. */
async function changedPair(place: string): Promise<string> {
  const path = join(place, "changed.ipynb");
  const source = "let epochs: number = 3;";
  const cells = [{ cell_type: "code", id: "a", metadata: {}, outputs: [], source }];
  await writeFile(path, JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  await writeFile(join(place, "changed.ts"), "// %%\nlet epochs: number = 4;\n");
  return path;
}
