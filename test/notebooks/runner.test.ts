/** The run of the lessons catches what it must: small notebooks with one thing wrong each, in the real kernel. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadImage } from "canvas";
import { root } from "../../lib/setup/paths.mjs";
import { missingSetup } from "../browser/requirements.ts";
import { type LessonResult, runLesson } from "./lesson.ts";
import { type CodeCell, isCode, type Notebook, readNotebook, writeNotebook } from "./notebook.ts";
import type { Options } from "./options.ts";

const missing = missingSetup();

function code(source: string, metadata: CodeCell["metadata"] = {}): CodeCell {
  return { cell_type: "code", metadata, source, execution_count: null, outputs: [] };
}

const disc = (color: string) =>
  `
import { createCanvas } from "canvas";
const canvas = createCanvas(160, 80);
const context = canvas.getContext("2d");
context.fillStyle = "${color}";
context.fillRect(20, 20, 60, 40);
const png: string = canvas.toBuffer("image/png").toString("base64");
({ [Symbol.for("Jupyter.display")]: () => ({ "image/png": png, "text/plain": "A box" }) })`.trim();

const cells = {
  parameters: code("let epochs: number = 3;", { tags: ["parameters"], quick: { epochs: 1 } }),
  number: code('console.log("epochs", epochs);\nconsole.log("loss", 0.125 / epochs);'),
  picture: code(disc("#0072b2")),
  trained: code(
    `import { gate } from "convnet-lab/lesson";
console.log("accuracy", Math.random());
gate("accuracy", epochs / 4, { quick: { atLeast: 0.2 }, full: { atLeast: 0.7 } });
gate("mean of seeds", epochs, { quick: "one seed only", full: { atLeast: 3 } });`,
    { tags: ["trained"] },
  ),
  timed: code('console.log("took", (9 * Math.random()).toFixed(3), "ms");', { tags: ["timed"] }),
};
type Cells = Record<keyof typeof cells, CodeCell>;

describe(`the run of the lessons${missing ? ` (${missing})` : ""}`, function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;

  before(async function () {
    if (missing) this.skip();
    // Inside the project: elsewhere cells could not import its library by name.
    await mkdir(join(root, "build"), { recursive: true });
    folder = await mkdtemp(join(root, "build", "runner-test-"));
    file = join(folder, "07-boxes.ipynb");
    await write({});
    const { failures } = await run({ update: true });
    assert.deepEqual(failures, []);
  });

  after(async () => {
    if (folder) await rm(folder, { recursive: true });
  });

  async function write(changed: Partial<Cells>, ...more: CodeCell[]): Promise<void> {
    const all = structuredClone([...Object.values({ ...cells, ...changed }), ...more]);
    const text = all.map(({ source }) => `// %%\n${source}\n`).join("\n");
    await writeFile(file.replace(".ipynb", ".ts"), text);
    await writeNotebook(file, notebook(all));
  }

  function notebook(all: CodeCell[]): Notebook {
    return { cells: all, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  }

  function run(options: Partial<Pick<Options, "full" | "update" | "seed" | "timeout">> = {}) {
    return runLesson(file, {
      root,
      options: {
        ...{ full: false, update: false, seed: undefined, timeout: 30, ...options },
        ...{ out: join(folder, "out"), baselines: join(folder, "quick") },
      },
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
  }

  function onlyFailure({ failures }: LessonResult) {
    assert.equal(failures.length, 1, JSON.stringify(failures, null, 2));
    return failures[0]!;
  }

  const executed = () => readNotebook(join(folder, "out", "07-boxes.ipynb"));

  it("passes what puts out the same, with other times and trained numbers", async () => {
    await write({});
    const { failures, claims, cells: count } = await run();
    assert.deepEqual(failures, []);
    assert.deepEqual(claims, { passed: 1, failed: 0, skipped: 1 });
    assert.equal(count, 5);
  });

  it("gives the parameters their quick values, and leaves the numbers of the cells alone", async () => {
    const { cells: all } = await executed();
    assert.deepEqual(all[1]?.metadata.tags, ["injected-parameters"]);
    assert.match(all[1]!.source, /^epochs = 1;$/m);
    const counts = all.filter(isCode).map((cell) => cell.execution_count);
    assert.deepEqual(counts, [1, null, 2, 3, 4, 5]);
    const [output] = (all[2] as CodeCell).outputs;
    assert.deepEqual(output, {
      ...{ output_type: "stream", name: "stdout", text: "epochs 1\nloss 0.125\n" },
    });
  });

  it("compares a full run with the committed outputs", async () => {
    await write({});
    const nothing = onlyFailure(await run({ full: true }));
    assert.match(nothing.message, /nothing to compare with: record it by .*--full --update/);
    await run({ full: true, update: true });
    const { failures, claims } = await run({ full: true });
    assert.deepEqual(failures, []);
    assert.deepEqual(claims, { passed: 2, failed: 0, skipped: 0 });
    const committed = await readNotebook(file);
    (committed.cells[1] as CodeCell).outputs = [
      { output_type: "stream", name: "stdout", text: "epochs 3\nloss 0.0427\n" },
    ];
    await writeNotebook(file, committed);
    const { place, details } = onlyFailure(await run({ full: true }));
    assert.equal(place?.cell, 2);
    assert.ok(details.includes("- loss 0.0427"), details.join("\n"));
  });

  it("sets another seed after the quick values, and compares only what is claimed", async () => {
    const declared =
      "let epochs: number = 3;\nlet seed: number = 1;\nlet seeds: number[] = [1, 2, 3];";
    const { tags, quick } = cells.parameters.metadata;
    const metadata = { tags, quick: { ...(quick as object), seeds: [1, 2] } };
    await write({
      parameters: code(declared, metadata),
      number: code("console.log(epochs, seed, seeds.join());"),
    });
    const { failures, claims } = await run({ seed: 7 });
    assert.deepEqual(failures, []);
    assert.equal(claims.passed + claims.skipped, 2);
    const [output] = (await executed()).cells.filter(isCode)[2]!.outputs;
    assert.deepEqual(output, {
      ...{ output_type: "stream", name: "stdout", text: "1 7 7,8\n" },
    });
    await run({ full: true, seed: 7 });
    const [full] = (await executed()).cells.filter(isCode)[2]!.outputs;
    assert.deepEqual(full, {
      ...{ output_type: "stream", name: "stdout", text: "3 7 7,8,9\n" },
    });
    const claim = cells.trained.source.replace("0.2", "0.9");
    await write({ trained: code(claim, { tags: ["trained"] }) });
    assert.match(onlyFailure(await run({ seed: 7 })).message, /^GateError: accuracy/);
  });

  it("sets quick values after the cell that has them, where there are others with parameters", async () => {
    const { parameters, ...others } = structuredClone(cells);
    const shown = code("let shown: number = 5;", { tags: ["parameters"] });
    await writeNotebook(file, notebook([shown, parameters, ...Object.values(others)]));
    const { failures } = await run({ seed: 7 });
    assert.deepEqual(failures, []);
    const source = (await executed()).cells.filter(isCode)[2]!.source;
    assert.match(source, /^\/\/ Settings of a quick run\nepochs = 1;/);
  });

  it("catches a changed number, and lets one within the tolerance pass", async () => {
    const source = (loss: number) => cells.number.source.replace("0.125", String(loss));
    await write({ number: code(source(0.12501)) });
    assert.deepEqual((await run()).failures, []);
    await write({ number: code(source(0.127)) });
    const { message, place, details } = onlyFailure(await run());
    assert.equal(message, "stdout differs");
    assert.equal(place?.cell, 2);
    assert.match(place?.file ?? "", /07-boxes\.ts:5$/);
    assert.deepEqual(details, ["  epochs 1", "- loss 0.125", "+ loss 0.127", "  "]);
  });

  it("catches a changed picture, and leaves the new one beside the old one", async () => {
    await write({ picture: code(disc("#d55e00")) });
    const { message, place, details } = onlyFailure(await run());
    assert.match(message, /^output 1, image\/png: colours differ by/);
    assert.equal(place?.cell, 3);
    const left = join(folder, "quick", "new", "07-3-1.png");
    assert.ok(existsSync(left));
    assert.deepEqual(details, [`the new picture: ${left}`]);
    assert.ok(existsSync(join(folder, "quick", "07-3-1.png")));

    await write({});
    assert.deepEqual((await run()).failures, []);
    assert.ok(!existsSync(left), "removed when the pictures are the same again");
  });

  it("records a card in place of a picture that may not be published", async () => {
    await write({ picture: code(disc("#0072b2"), { tags: ["unpublished"] }) });
    const pictureOf = async (notebook: Promise<Notebook>) => {
      const cell = (await notebook).cells.filter(isCode)[2]!;
      const [shown] = cell.outputs.filter((output) => "data" in output);
      const png = Buffer.from(String(shown!.data["image/png"]), "base64");
      return { image: await loadImage(png), png, text: shown!.data["text/plain"] };
    };
    await run({ full: true, update: true });
    const [card, seen] = [await pictureOf(readNotebook(file)), await pictureOf(executed())];
    assert.notDeepEqual(card.png, seen.png);
    assert.deepEqual(
      [card.image.width, card.image.height, card.text],
      [seen.image.width, seen.image.height, seen.text],
    );
    assert.deepEqual((await run({ full: true })).failures, []);
    assert.deepEqual((await run()).failures, [], "a quick run compares the picture itself");
  });

  it("catches a picture that is none, in a trained cell too", async () => {
    const source = cells.picture.source.replace(/canvas\.toBuffer.*;/, '"iVBORw0KGgo=";');
    await write({ picture: code(source, { tags: ["trained"] }) });
    const { message, place } = onlyFailure(await run());
    assert.match(message, /shows image\/png that is not a picture/);
    assert.equal(place?.cell, 3);
  });

  it("catches that a trained cell shows other things than before", async () => {
    await write({}, code("0.9", { tags: ["trained"] }));
    const { message, place, details } = onlyFailure(await run());
    assert.equal(message, "the kinds of the outputs differ");
    assert.equal(place?.cell, 6);
    assert.deepEqual(details, ["+ text/plain"]);
  });

  it("catches a thrown error, with its line, and runs nothing after it", async () => {
    const wrong = code('const name: string = "daisy";\n\nthrow new Error("no " + name);');
    await write({ trained: wrong });
    const { message, place } = onlyFailure(await run());
    assert.equal(message, "Error: no daisy");
    assert.deepEqual([place?.cell, place?.line], [4, 3]);
    assert.equal(place?.source, 'throw new Error("no " + name);');
    const last = (await executed()).cells.at(-1) as CodeCell;
    assert.equal(last.execution_count, null);
  });

  it("catches an error that comes after the end of its cell", async () => {
    const late = code('setTimeout(() => {\n  throw new Error("late");\n}, 50);');
    await write({ timed: late }, code("await new Promise((resolve) => setTimeout(resolve, 500));"));
    const { message, place } = onlyFailure(await run());
    assert.match(message, /^Error: late/);
    assert.equal(place?.cell, 5);
  });

  it("catches a mistake in a type, with its line", async () => {
    await write({ number: code("const a: number = 1;\nconst b: string = a;") });
    const { message, place } = onlyFailure(await run());
    assert.match(message, /^TypeScriptError: .*not assignable to type 'string'/);
    assert.deepEqual([place?.cell, place?.line], [2, 2]);
  });

  it("lets a cell fail that is meant to", async () => {
    const failing = code('throw new Error("on purpose");', { tags: ["raises-exception"] });
    await write({}, failing);
    const { message, place } = onlyFailure(await run());
    assert.equal(message, "error is new");
    assert.equal(place?.cell, 6);
    assert.equal(((await executed()).cells.at(-1) as CodeCell).execution_count, 6);
  });

  for (const loop of ["for (;;) {}", "await new Promise(() => {});"]) {
    it(`ends an endless cell: ${loop}`, async () => {
      await write({ number: code(`const started = true;\n${loop}`, { timeout: 2 }) });
      const { message, place } = onlyFailure(await run());
      assert.equal(message, "did not end within 2 s, and was interrupted");
      assert.equal(place?.cell, 2);
    });
  }

  it("goes on when the kernel dies", async () => {
    await write({ number: code("process.kill(process.ppid, 'SIGKILL');\nfor (;;) {}") });
    const { message, place } = onlyFailure(await run());
    assert.match(message, /^The kernel's process has ended/);
    assert.equal(place?.cell, 2);
  });

  it("catches a claim that does not hold", async () => {
    await write({
      trained: code(cells.trained.source.replace("0.2", "0.9"), { tags: ["trained"] }),
    });
    const result = await run();
    const { message, place } = onlyFailure(result);
    assert.match(message, /^GateError: accuracy: 0.25, expected at least 0.9 with quick settings/);
    assert.deepEqual([place?.cell, place?.line], [4, 3]);
    assert.deepEqual(result.claims, { passed: 0, failed: 1, skipped: 0 });
  });

  it("catches quick values for what is no parameter", async function () {
    // On a busy machine the language server may take the five seconds after which a cell runs unchecked.
    this.retries(2);
    const metadata = { tags: ["parameters"], quick: { epoch: 1 } };
    await write({ parameters: code(cells.parameters.source, metadata) });
    const { message, place } = onlyFailure(await run());
    assert.match(message, /^the settings of this run: TypeScriptError: .*'epoch'/);
    assert.equal(place?.cell, 1);
    await write({ parameters: code(cells.parameters.source, { quick: { epochs: 1 } }) });
    await assert.rejects(run(), /belong to one code cell with the tag "parameters"/);
  });

  describe("as a command", () => {
    const main = join(import.meta.dirname, "main.ts");
    const start = (...args: string[]) =>
      spawn(process.execPath, ["--import", "tsx", "-C", "convnet-lab-source", main, ...args], {
        cwd: root,
        // What a killed process leaves there goes away with the folder.
        env: { ...process.env, TMPDIR: folder },
        stdio: ["ignore", "pipe", "pipe"],
      });
    const places = () => ["--out", join(folder, "out"), "--baselines", join(folder, "quick"), file];

    async function finish(...args: string[]) {
      const child = start(...args);
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (data) => {
          output += data;
        });
      }
      const [exitCode] = await once(child, "close");
      return { exitCode, output, last: output.trimEnd().split("\n").at(-1) };
    }

    it("sums up in its last line and its exit code", async () => {
      await write({});
      const passed = await finish(...places());
      assert.equal(passed.last, "2 passed, 0 failed, 1 skipped");
      assert.equal(passed.exitCode, 0);
      await write({ picture: code('throw new Error("no box");') });
      const failed = await finish(...places());
      assert.equal(failed.last, "0 passed, 1 failed, 0 skipped");
      assert.equal(failed.exitCode, 1);
      assert.match(failed.output, /07-boxes\.ipynb, cell \[3\], line 1: Error: no box/);
      assert.match(failed.output, /at build\/runner-test-\w+\/07-boxes\.ts:9\n +> throw new Error/);
    });

    it("refuses what it does not know", async () => {
      for (const [args, message] of [
        [["--fast"], /--fast/],
        [["--timeout", "soon"], /--timeout "soon" is not a positive number/],
        [["--seed", "1.5"], /--seed "1\.5" is not a whole number from 0/],
        [["--seed", "2", "--update"], /--update records a run with the lessons' own seeds/],
        [["77"], /There is no lesson "77"/],
      ] as const) {
        const { exitCode, output } = await finish(...args);
        assert.equal(exitCode, 1);
        assert.match(output, message);
        assert.doesNotMatch(output, /^ +at /m, "no stack trace");
      }
    });

    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      it(`leaves no process behind after ${signal}`, async () => {
        const pids = join(folder, "pids");
        await rm(pids, { force: true });
        const source = `import { renameSync, writeFileSync } from "node:fs";
writeFileSync("pids.part", \`\${process.pid} \${process.ppid}\`);
renameSync("pids.part", "pids");
for (;;) {}`;
        await write({ number: code(source) });
        const child = start(...places());
        const closed = once(child, "close");
        while (!existsSync(pids)) {
          assert.equal(child.exitCode, null, "ended before the cell ran");
          await sleep(50);
        }
        child.kill(signal);
        const [exitCode] = await closed;
        if (signal === "SIGINT") assert.equal(exitCode, 130);
        const left = (await readFile(pids, "utf8")).split(" ").map(Number);
        while (left.some(isRunning)) await sleep(50); // mocha's limit ends the wait
      });
    }
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
