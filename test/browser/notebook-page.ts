/** A notebook open in JupyterLab, worked by its menus, buttons and keys. */
import type { Locator, Page } from "playwright-core";

/** How a picture stands on the page; lengths in CSS pixels. */
export interface ShownPicture {
  /** Of the cell, as its prompt shows it. */
  readonly prompt: string;
  readonly kind: "img" | "canvas" | "svg";
  readonly width: number;
  readonly height: number;
  /** Of the file; as large as the picture where it is not a file. */
  readonly naturalWidth: number;
  readonly naturalHeight: number;
  /** By how much it reaches beyond what can be seen of the boxes around it. */
  readonly hidden: number;
  readonly alt: string;
}

/** Height of JupyterLab's bars above and below a notebook. */
const FRAME = 120;
/** Chromium draws no higher window. */
const HIGHEST = 16_000;

const CELL = ".jp-Notebook .jp-CodeCell";

export class NotebookPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  static async open(page: Page, address: string): Promise<NotebookPage> {
    await page.goto(address);
    await page.locator(CELL).first().waitFor();
    const notebook = new NotebookPage(page);
    await notebook.ready();
    return notebook;
  }

  /** Opens the saved notebook anew: JupyterLab does not redraw charts for another theme. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.locator(CELL).first().waitFor();
    await this.ready();
  }

  /** The kernel is there and has nothing to do. */
  async ready(): Promise<void> {
    await this.page.locator(".jp-StatusBar-Widget, #jp-main-statusbar").first().waitFor();
    await this.page.getByText(/\| Idle$/).waitFor();
  }

  /** The kernel runs a cell. */
  async busy(): Promise<void> {
    await this.page.getByText(/\| Busy$/).waitFor();
  }

  async save(): Promise<void> {
    await this.page
      .locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-NotebookPanel-toolbar")
      .locator('[data-command="docmanager:save"]:not([disabled])')
      .click();
    await this.page.locator(".lm-TabBar-tab.jp-mod-dirty").waitFor({ state: "detached" });
  }

  /** Opens a menu, and chooses an item of it or of its submenus. */
  async menu(...labels: readonly string[]): Promise<void> {
    const [menu = "", ...items] = labels;
    await this.page.getByRole("menuitem", { name: menu, exact: true }).click();
    for (const [at, label] of items.entries()) {
      const item = this.page
        .locator(".lm-Menu-item")
        .filter({ has: this.page.locator(".lm-Menu-itemLabel", { hasText: exactly(label) }) });
      if (at === items.length - 1) await item.click();
      else await item.hover();
    }
  }

  button(command: string): Locator {
    return this.page.locator(`.jp-NotebookPanel-toolbar [data-command="notebook:${command}"]`);
  }

  /** Begins with a new kernel. */
  async restart(): Promise<void> {
    await this.button("restart-kernel").click();
    await this.page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
    await this.ready();
  }

  /** Runs all cells and waits for the last one, or for the first error. */
  async runAll(timeout: number): Promise<void> {
    await this.menu("Run", "Run All Cells");
    await this.page.waitForFunction(
      (selector) => {
        const cells = [...document.querySelectorAll(selector)];
        const isError = '[data-mime-type="application/vnd.jupyter.error"]';
        if (cells.some((cell) => cell.querySelector(isError))) return true;
        return cells.every((cell) => {
          const blank = cell.querySelector(".cm-content")?.textContent?.trim() === "";
          const prompt = cell.querySelector(".jp-InputPrompt")?.textContent ?? "";
          return blank || /\[\d+\]/.test(prompt);
        });
      },
      CELL,
      { timeout },
    );
    await this.ready();
  }

  cell(at: number): Locator {
    return this.page.locator(CELL).nth(at);
  }

  /** Replaces a cell's code. */
  async write(at: number, code: string): Promise<void> {
    await this.cell(at).locator(".cm-content").click();
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.insertText(code);
  }

  /** Starts a cell, and does not wait for its end. */
  async start(at: number): Promise<void> {
    await this.cell(at).locator(".cm-content").click();
    await this.page.keyboard.press("Control+Enter");
  }

  /** Runs a cell and gives the text of its outputs. */
  async run(at: number): Promise<string> {
    const before = await this.#prompt(at).textContent();
    await this.start(at);
    await this.page.waitForFunction(
      ([element, old]) => {
        const now = (element as Element).textContent ?? "";
        return now !== old && /\[\d+\]/.test(now);
      },
      [await this.#prompt(at).elementHandle(), before] as const,
    );
    return this.outputText(at);
  }

  async outputText(at: number): Promise<string> {
    return (await this.cell(at).locator(".jp-OutputArea-output").allInnerTexts()).join("\n");
  }

  #prompt(at: number): Locator {
    return this.cell(at).locator(".jp-InputPrompt");
  }

  /** Texts of errors and of what was written to stderr. */
  async complaints(): Promise<string[]> {
    const kinds = ["error", "stderr"].map(
      (kind) => `.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.${kind}"]`,
    );
    return this.page.locator(kinds.join(", ")).allInnerTexts();
  }

  async setTheme(theme: "Light" | "Dark"): Promise<void> {
    await this.menu("Settings", "Theme", `JupyterLab ${theme}`);
    const wanted = theme === "Light" ? "true" : "false";
    await this.page.locator(`body[data-jp-theme-light="${wanted}"]`).waitFor({ state: "attached" });
  }

  /** All pictures in outputs, each scrolled into view first: JupyterLab draws what is far away only then. */
  async pictures(): Promise<ShownPicture[]> {
    const areas = await this.page.locator(`${CELL} .jp-OutputArea-output`).all();
    for (const area of areas) await area.scrollIntoViewIfNeeded();
    await this.page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>(".jp-OutputArea-output img")].every(
        (image) => image.complete && image.naturalWidth > 0,
      ),
    );
    return this.page.evaluate(measurePictures, CELL);
  }

  /** The whole notebook as one picture: the window is made as high as it. */
  async screenshot(path: string): Promise<void> {
    const view = this.page.viewportSize()!;
    const panel = this.page.locator(
      ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer",
    );
    const measure = () =>
      panel.evaluate((element) => {
        const last = element.querySelector(".jp-Notebook-footer") ?? element.lastElementChild;
        const bottom = last?.getBoundingClientRect().bottom ?? 0;
        return Math.ceil(bottom - element.getBoundingClientRect().top + element.scrollTop);
      });
    // Cells that were never in view have an estimated height: each round brings more of them into view.
    let height = 0;
    for (let needed = await measure(); needed > height; needed = await measure()) {
      height = needed;
      await this.page.setViewportSize({ ...view, height: Math.min(height + FRAME, HIGHEST) });
      await this.page.waitForTimeout(500);
    }
    await panel.evaluate((element) => element.scrollTo(0, 0));
    await this.page.screenshot({ path });
    await this.page.setViewportSize(view);
  }
}

const exactly = (text: string) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}…?$`);

/** Runs in the page. */
function measurePictures(cells: string): ShownPicture[] {
  const shown: ShownPicture[] = [];
  for (const cell of document.querySelectorAll(cells)) {
    const selector = ".jp-OutputArea-output :is(img, canvas, svg)";
    for (const element of cell.querySelectorAll<HTMLElement | SVGElement>(selector)) {
      if (element.closest("details, .vega-actions")) continue; // the menu of a chart
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
      let hidden = 0;
      const end = element.closest(".jp-Cell-outputArea");
      for (let box = element.parentElement; box; box = box.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(box);
        const around = box.getBoundingClientRect();
        if (overflowX !== "visible") {
          hidden = Math.max(hidden, around.left - left, right - around.right);
        }
        if (overflowY !== "visible") {
          hidden = Math.max(hidden, around.top - top, bottom - around.bottom);
        }
        if (box === end) break;
      }
      const isImage = element instanceof HTMLImageElement;
      shown.push({
        prompt: cell.querySelector(".jp-InputPrompt")?.textContent ?? "",
        kind: element.tagName.toLowerCase() as ShownPicture["kind"],
        width,
        height,
        naturalWidth: isImage ? element.naturalWidth : width,
        naturalHeight: isImage ? element.naturalHeight : height,
        hidden: Math.max(0, hidden),
        alt: isImage ? element.alt : (element.getAttribute("aria-label") ?? ""),
      });
    }
  }
  return shown;
}
