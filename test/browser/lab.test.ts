/** What a reader does, in a real JupyterLab in a real browser. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Browser } from "playwright-core";
import { root } from "../../lib/setup/paths.mjs";
import { type Notebook, readNotebook, runs, writeNotebook } from "../notebooks/notebook.ts";
import { findChromium, launchChromium } from "./chromium.ts";
import { Lab, screenshotFolder } from "./lab.ts";
import { NotebookPage } from "./notebook-page.ts";
import { lesson, missingBrowser, missingSetup } from "./requirements.ts";

const missing = missingSetup() ?? missingBrowser();
const notebooks = join(root, "notebooks");
const RUN_LIMIT = 100_000;

/** Cells for the tests of single keys and buttons. */
const scratch: Notebook = {
  cells: ["const answer: number = 42;\nanswer", "answer.toFi", "0"].map((source, at) => ({
    ...{ cell_type: "code" as const, id: `cell-${at}`, metadata: {}, source },
    ...{ execution_count: null, outputs: [] },
  })),
  metadata: { kernelspec: { name: "typescript", display_name: "TypeScript" } as { name: string } },
  nbformat: 4,
  nbformat_minor: 5,
};

describe(`JupyterLab in Chromium${missing ? ` (${missing})` : ""}`, function () {
  this.timeout(180_000);
  let browser: Browser;
  let lab: Lab;
  let temporary: string;
  const crashes: string[] = [];

  before(async function () {
    if (missing) this.skip();
    temporary = await mkdtemp(join(tmpdir(), "browser-test-"));
    const scratchFile = join(temporary, "scratch.ipynb");
    await writeNotebook(scratchFile, scratch);
    const files = [lesson, "jupytext.toml"].map((name) => join(notebooks, name));
    lab = await Lab.start([...files, scratchFile]);
    browser = await launchChromium(findChromium()!);
  });

  after(async () => {
    await browser?.close();
    await lab?.stop();
    if (temporary) await rm(temporary, { recursive: true });
  });

  async function open(notebook: string): Promise<NotebookPage> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => crashes.push(String(error)));
    return NotebookPage.open(page, lab.address(notebook));
  }

  describe("a lesson", () => {
    let notebook: NotebookPage;

    it("runs from its first cell to its last without an error", async () => {
      notebook = await open(lesson);
      await notebook.menu("Edit", "Clear Outputs of All Cells");
      await notebook.runAll(RUN_LIMIT);
      assert.deepEqual(await notebook.complaints(), []);
      assert.deepEqual(crashes, []);
    });

    it("shows every picture whole, and described", async () => {
      const committed = await readNotebook(join(notebooks, lesson));
      const outputs = committed.cells.filter(runs).flatMap((cell) => cell.outputs);
      const expected = outputs.filter((output) => "data" in output && "image/png" in output.data);
      const pictures = await notebook.pictures();
      assert.ok(expected.length > 0);
      assert.equal(pictures.length, expected.length);
      for (const picture of pictures) {
        const { width, height, naturalWidth, naturalHeight, hidden } = picture;
        const about = JSON.stringify(picture);
        assert.ok(width >= 100 && height >= 50, `too small to be seen: ${about}`);
        assert.ok(hidden < 1, `cut off: ${about}`);
        assert.ok(
          Math.abs(width / height / (naturalWidth / naturalHeight) - 1) < 0.02,
          `distorted: ${about}`,
        );
      }
    });

    it("is saved with the same text form as the committed one", async () => {
      await notebook.save();
      const text = lesson.replace(/\.ipynb$/, ".ts");
      const [saved, committed] = await Promise.all(
        [lab.folder, notebooks].map(async (folder) => readFile(join(folder, text), "utf8")),
      );
      assert.equal(saved, committed);
    });

    it("is kept as pictures in light and dark", async () => {
      const name = basename(lesson, ".ipynb");
      for (const theme of ["Light", "Dark"] as const) {
        await notebook.setTheme(theme);
        await notebook.reload();
        await notebook.pictures();
        const path = join(screenshotFolder, `${name}-${theme.toLowerCase()}.png`);
        await notebook.screenshot(path);
        const size = (await readFile(path)).length;
        assert.ok(size > 100_000, `${path} has ${size} bytes`);
      }
    });
  });

  describe("a notebook of one's own", () => {
    let notebook: NotebookPage;

    before(async () => {
      notebook = await open("scratch.ipynb");
    });

    it("shows the value of a cell", async () => {
      assert.match(await notebook.run(0), /42/);
    });

    it("completes a name by Tab, with types from the cell before", async () => {
      await notebook.write(1, "answer.to");
      await notebook.page.keyboard.press("Tab");
      const items = notebook.page.locator(".jp-Completer-item");
      await items.first().waitFor();
      const names = await items.locator(".jp-Completer-match").allInnerTexts();
      assert.ok(names.includes("toFixed") && names.includes("toPrecision"), names.join(", "));
      await notebook.page.keyboard.insertText("Fi");
      await items.nth(1).waitFor({ state: "detached" });
      await notebook.page.keyboard.press("Enter");
      await notebook.cell(1).getByText("answer.toFixed").waitFor();
    });

    it("shows a mistake in a type before anything runs", async () => {
      await notebook.write(1, 'console.log("ran");\nconst wrong: string = answer;');
      const output = await notebook.run(1);
      assert.match(
        output,
        /cell\[2\]:2:7 - TypeScriptError TS2322: .*not assignable to type 'string'/,
      );
      assert.doesNotMatch(output, /^ran/m);
    });

    it("stops a loop by the stop button, and keeps what was there", async () => {
      await notebook.write(2, "while (true) {}");
      await notebook.start(2);
      await notebook.busy();
      await notebook.button("interrupt-kernel").click();
      await notebook.ready();
      await notebook.write(2, "answer + 1");
      assert.match(await notebook.run(2), /43/);
    });

    it("begins anew by the restart button", async () => {
      await notebook.button("restart-kernel").click();
      await notebook.page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
      await notebook.ready();
      assert.match(await notebook.run(2), /TypeScriptError TS2304: Cannot find name 'answer'/);
      assert.match(await notebook.run(0), /42/);
    });
  });
});
