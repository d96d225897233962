/**
 * `npm run screenshots -- [lessons…]` opens lessons in JupyterLab and keeps each whole, light and dark, in
 * build/browser. `--readme` takes the picture at the top of the README.
 */
import { mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { runMain } from "../../lib/setup/commands/main.mjs";
import { Problem } from "../../lib/setup/engine/problem.mjs";
import { root } from "../../lib/setup/paths.mjs";
import { findChromium, howToGetChromium, launchChromium } from "./chromium.ts";
import { Lab, screenshotFolder } from "./lab.ts";
import { NotebookPage } from "./notebook-page.ts";
import { lesson as readmeLesson } from "./requirements.ts";

const notebooks = join(root, "notebooks");
/** A code-hosting page shows it at about this width. */
const README_VIEW = { width: 1000, height: 640 };

await runMain(async (signal) => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { readme: { type: "boolean" } },
  });
  const executable = findChromium();
  if (!executable) throw new Problem("There is no Chromium.", howToGetChromium);
  const all = (await readdir(notebooks)).filter((name) => name.endsWith(".ipynb")).sort();
  const chosen = values.readme
    ? [readmeLesson]
    : all.filter(
        (name) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)),
      );
  const lab = await Lab.start(chosen.map((name) => join(notebooks, name)));
  const browser = await launchChromium(executable);
  try {
    for (const name of chosen) {
      if (signal.aborted) throw signal.reason;
      const paths = values.readme ? await forReadme(browser, lab) : await whole(browser, lab, name);
      for (const path of paths) console.log(path);
    }
  } finally {
    await browser.close();
    await lab.stop();
  }
});

async function whole(browser: Browser, lab: Lab, name: string): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const notebook = await NotebookPage.open(page, lab.address(name));
  const paths: string[] = [];
  for (const theme of ["Light", "Dark"] as const) {
    await notebook.setTheme(theme);
    await notebook.reload();
    const path = join(screenshotFolder, `${basename(name, ".ipynb")}-${theme.toLowerCase()}.png`);
    await notebook.pictures();
    await notebook.screenshot(path);
    paths.push(path);
  }
  await page.close();
  return paths;
}

/** Code, and the pictures that it draws, without the list of files. */
async function forReadme(browser: Browser, lab: Lab): Promise<string[]> {
  const page = await browser.newPage({ viewport: README_VIEW });
  const notebook = await NotebookPage.open(page, lab.address(readmeLesson));
  await notebook.pictures(); // all cells have their height then
  await page.keyboard.press("Control+B");
  const picture = page.locator(".jp-OutputArea-output img").nth(1);
  await picture.evaluate((image) => image.scrollIntoView({ block: "center" }));
  await page.waitForTimeout(500);
  const folder = join(notebooks, "images");
  await mkdir(folder, { recursive: true });
  const path = join(folder, readmeLesson.replace(".ipynb", ".png"));
  await page.screenshot({ path });
  return [path];
}
