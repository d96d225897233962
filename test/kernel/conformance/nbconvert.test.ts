/** The kernel under Jupyter's own programs. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { installKernel } from "../../../kernel/install.mjs";
import { builtKernel } from "../build.ts";
import { type Cell, hasModules, notebook, runPython } from "./jupyter.ts";

describe("nbconvert", () => {
  let prefix: string;

  before(async function () {
    if (!hasModules("nbconvert", "nbclient")) {
      this.test!.title = "needs nbconvert in .venv (or the PYTHON that is named)";
      this.skip();
    }
    prefix = await mkdtemp(join(tmpdir(), "kernel-nbconvert-"));
    await installKernel({ prefix, entry: await builtKernel() });
  });
  after(async () => {
    if (prefix) await rm(prefix, { recursive: true, force: true });
  });

  const run = (...args: string[]) => runPython(prefix, ["-m", "nbconvert", ...args]);

  it("executes a notebook", async () => {
    const sources = [
      "const half: number = 21;\nconsole.log('😀');",
      "half * 2",
      "await new Promise((resolve) => setTimeout(resolve, 10)); console.error('done')",
    ];
    await writeFile(join(prefix, "good.ipynb"), notebook(sources));
    const { status, stderr } = run("--to", "notebook", "--execute", "--inplace", "good.ipynb");
    assert.equal(status, 0, stderr);
    const { cells, metadata } = JSON.parse(await readFile(join(prefix, "good.ipynb"), "utf8"));
    const [first, second, third] = cells as Cell[];
    assert.equal([first?.outputs[0]?.text].flat().join(""), "😀\n");
    assert.equal(second?.execution_count, 2);
    assert.deepEqual([second?.outputs[0]?.data?.["text/plain"]].flat(), ["42"]);
    assert.equal(third?.outputs[0]?.name, "stderr");
    assert.equal(metadata.language_info.name, "typescript");
    assert.equal(metadata.language_info.file_extension, ".ts");
  });

  it("stops at a cell that does not pass the type check", async () => {
    const sources = ["const n: number = 'text';", "console.log('not reached')"];
    await writeFile(join(prefix, "bad.ipynb"), notebook(sources));
    const { status, stderr } = run("--to", "notebook", "--execute", "--inplace", "bad.ipynb");
    assert.notEqual(status, 0);
    assert.match(
      stripVTControlCharacters(stderr),
      /cell\[1\]:1:7 - TypeScriptError TS2322: Type 'string' is not assignable to type 'number'/,
    );
  });

  it("highlights, and writes a script with the language's own ending", async () => {
    await writeFile(join(prefix, "page.ipynb"), notebook(["const answer: number = 42;"]));
    assert.equal(run("--to", "notebook", "--execute", "--inplace", "page.ipynb").status, 0);
    assert.equal(run("--to", "html", "page.ipynb").status, 0);
    // Pygments marks keywords of the language it was told.
    const html = await readFile(join(prefix, "page.html"), "utf8");
    assert.match(html, /<span class="kd">const<\/span>/);
    assert.equal(run("--to", "script", "page.ipynb").status, 0);
    assert.match(await readFile(join(prefix, "page.ts"), "utf8"), /const answer: number = 42;/);
  });

  it("keeps the state of widgets, and shows it in a page", async () => {
    const source = [
      'import { interact } from "jupyter:widgets";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the cell's
      "interact(({ radius }) => void display.html(`<b>${radius}</b>`), { radius: [0, 8] });",
    ];
    await writeFile(join(prefix, "widgets.ipynb"), notebook([source.join("\n")]));
    assert.equal(run("--to", "notebook", "--execute", "--inplace", "widgets.ipynb").status, 0);
    const { metadata } = JSON.parse(await readFile(join(prefix, "widgets.ipynb"), "utf8"));
    const { state } = metadata.widgets["application/vnd.jupyter.widget-state+json"] as {
      state: Record<string, { model_name: string; state: Record<string, unknown> }>;
    };
    const models = new Map(
      Object.values(state).map((model) => [model.model_name, model.state] as const),
    );
    assert.equal(models.get("IntSliderModel")?.value, 4);
    const outputs = models.get("OutputModel")?.outputs as { data: Record<string, string> }[];
    assert.equal(outputs[0]?.data["text/html"], "<b>4</b>");
    assert.equal(run("--to", "html", "widgets.ipynb").status, 0);
    const html = await readFile(join(prefix, "widgets.html"), "utf8");
    assert.match(html, /<script type="application\/vnd\.jupyter\.widget-state\+json">/);
    assert.match(html, /<script type="application\/vnd\.jupyter\.widget-view\+json">/);
    assert.match(html, /IntSliderModel/);
  });
});
