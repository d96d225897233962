import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { runSteps, type Step } from "../../../lib/setup/engine/engine.mjs";
import { Interrupted, Problem, Problems } from "../../../lib/setup/engine/problem.mjs";
import { Progress } from "../../../lib/setup/engine/progress.mjs";
import { setupFolder } from "../../../lib/setup/paths.mjs";
import { cleanUp, startNode, temporaryFolder, until } from "./helpers.ts";

describe("set-up steps", () => {
  let folder: string;
  let printed: string;
  /** What each step is made from; tests change it. */
  let inputs: Record<string, string>;

  beforeEach(() => {
    folder = temporaryFolder();
    printed = "";
    inputs = { a: "1", b: "1", c: "1" };
  });
  afterEach(cleanUp);

  const product = (id: string) => join(folder, id);
  const content = (id: string) => readFileSync(join(product(id), "content"), "utf8");

  /** Writes its input into its product. */
  function step(id: string, more: Partial<Step> = {}): Step {
    return {
      id,
      title: `step ${id}`,
      product: product(id),
      inputs: () => inputs[id],
      make: async ({ target }) => {
        mkdirSync(target);
        writeFileSync(join(target, "content"), inputs[id] ?? "");
      },
      ...more,
    };
  }

  const failing = async ({ target }: { target: string }) => {
    mkdirSync(target);
    writeFileSync(join(target, "half"), "");
    throw new Problem("The flour is missing.", "buy flour");
  };

  async function run(steps: readonly Step[], signal?: AbortSignal): Promise<string[]> {
    const stream = new PassThrough().on("data", (chunk) => {
      printed += chunk;
    });
    const progress = new Progress(stream as unknown as NodeJS.WriteStream);
    const { made } = await runSteps(steps, {
      workFolder: join(folder, "work"),
      progress,
      ...(signal && { signal }),
    });
    return made.sort();
  }

  /** Only finished products and the work folder's logs are there. */
  function assertNothingHalfMade(): void {
    assert.deepEqual(readdirSync(join(folder, "work")), ["log"]);
  }

  it("makes what is missing, says so with the time it took, and skips it from then on", async () => {
    const steps = [step("a"), step("b", { after: ["a"] })];
    assert.deepEqual(await run(steps), ["a", "b"]);
    assert.match(printed, /✓ step a +\d+\.\d s\n/);
    const before = statSync(product("a")).mtimeMs;
    printed = "";
    assert.deepEqual(await run(steps), []);
    assert.equal(statSync(product("a")).mtimeMs, before);
    assert.equal(printed, "");
    assertNothingHalfMade();
  });

  it("redoes exactly the step whose input changed, and what uses its product", async () => {
    const steps = [
      step("a"),
      step("b"),
      step("c", { after: ["a"], inputs: () => content("a"), inPlace: true }),
    ];
    await run(steps);
    inputs.b = "2";
    assert.deepEqual(await run(steps), ["b"]);
    assert.equal(content("b"), "2");
    inputs.a = "2";
    assert.deepEqual(await run(steps), ["a", "c"]);
  });

  it("redoes a step whose product was removed or does not work any more", async () => {
    let usable = true;
    const steps = [step("a", { usable: () => usable })];
    await run(steps);
    usable = false;
    assert.deepEqual(await run(steps), ["a"]);
  });

  it("runs a step after those that it uses, and others at the same time", async () => {
    const events: string[] = [];
    const waitFor = (own: string, other: string) => async (context: { target: string }) => {
      events.push(own);
      // Each waits for the other's begin: run one after the other, they would never end.
      await until(() => events.includes(other));
      mkdirSync(context.target);
    };
    const last = step("c", { after: ["a", "b"] });
    const steps = [
      step("a", { make: waitFor("a", "b") }),
      step("b", { make: waitFor("b", "a") }),
      {
        ...last,
        make: async (context: Parameters<Step["make"]>[0]) => {
          events.push("c");
          await last.make(context);
        },
      },
    ];
    await run(steps);
    assert.deepEqual(events, ["a", "b", "c"]);
  });

  for (const inPlace of [false, true]) {
    const way = inPlace ? "in place" : "beside its place";
    it(`leaves nothing of a failed first make (${way})`, async () => {
      await assert.rejects(run([step("a", { make: failing, inPlace })]), /The flour is missing\./);
      assert.equal(existsSync(product("a")), false);
      assertNothingHalfMade();
    });

    it(`keeps the old product when a new one fails (${way})`, async () => {
      await run([step("a", { inPlace })]);
      inputs.a = "2";
      await assert.rejects(run([step("a", { make: failing, inPlace })]), Problem);
      assert.equal(content("a"), "1");
      assertNothingHalfMade();
      assert.deepEqual(await run([step("a", { inPlace })]), ["a"]);
    });

    it(`repairs what a killed set-up left (${way})`, async () => {
      await run([step("a", { inPlace })]);
      const script = join(folder, "killed.mjs");
      const url = (name: string) => JSON.stringify(pathToFileURL(join(setupFolder, name)).href);
      writeFileSync(
        script,
        `import { runSteps } from ${url("engine/engine.mjs")};
         import { Progress } from ${url("engine/progress.mjs")};
         import { mkdirSync, writeFileSync } from "node:fs";
         await runSteps([{
           id: "a", title: "a", product: ${JSON.stringify(product("a"))}, inPlace: ${inPlace},
           inputs: () => "new",
           make: async ({ target }) => {
             mkdirSync(target);
             writeFileSync(target + "/half", "");
             console.log("half-made");
             await new Promise((resolve) => setTimeout(resolve, 1e6));
           },
         }], { workFolder: ${JSON.stringify(join(folder, "work"))}, progress: new Progress() });`,
      );
      const killed = startNode([script]);
      await until(() => killed.output().includes("half-made"));
      killed.child.kill("SIGKILL");
      await killed.ended;

      assert.deepEqual(await run([step("a", { inPlace })]), []);
      assert.equal(content("a"), "1");
      assert.equal(existsSync(join(product("a"), "half")), false);
      assertNothingHalfMade();
    });
  }

  it("goes on without a product that has a fallback, warns, and leaves no outdated one", async () => {
    await run([step("a")]);
    inputs.a = "2";
    const fallback = "Bread is bought instead.";
    const steps = [step("a", { make: failing, fallback }), step("b", { after: ["a"] })];
    assert.deepEqual(await run(steps), ["b"]);
    assert.match(printed, /The flour is missing\.\n {2}Bread is bought instead\.\n.*buy flour/);
    assert.equal(existsSync(product("a")), false);
  });

  it("tells all that is missing before it begins", async () => {
    const missing = (name: string) => ({
      prepare: () => {
        throw new Problem(`${name} is missing.`, `install ${name}`);
      },
    });
    const steps = [step("c"), step("a", missing("sugar")), step("b", missing("salt"))];
    await assert.rejects(run(steps), (error) => {
      assert(error instanceof Problems);
      assert.match(error.describe(), /sugar is missing\.\n.*install sugar\nsalt is missing\./);
      return true;
    });
    assert.equal(existsSync(product("c")), false);
  });

  it("refuses to begin without enough disk", async () => {
    const exabyte = 1e18;
    await assert.rejects(run([step("a", { disk: exabyte })]), (error) => {
      assert(error instanceof Problem);
      assert.match(error.message, /has [\d.]+ GB free, and the set-up needs 1000000000\.0 GB/);
      assert.match(error.mend, /df -h/);
      return true;
    });
  });

  it("adopts a product that is already right, without making it", async () => {
    mkdirSync(product("a"));
    assert.deepEqual(await run([step("a", { adopt: () => true })]), []);
    assert.deepEqual(await run([step("a")]), []);
  });

  it("ends in good order when interrupted", async () => {
    const abort = new AbortController();
    const make: Step["make"] = async ({ target, signal }) => {
      mkdirSync(target);
      abort.abort();
      if (signal.aborted) throw new Interrupted();
    };
    await assert.rejects(run([step("a", { make, inPlace: true })], abort.signal), Interrupted);
    assert.equal(existsSync(product("a")), false);
    assertNothingHalfMade();
  });
});
