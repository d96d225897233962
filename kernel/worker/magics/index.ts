/** What the magics of a cell do. Which ones there are, and what they are for, is in kernel/magics. */
import { appendFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { listMagics } from "../../magics/catalog.ts";
import type { Cell } from "../cells.ts";
import type { Names } from "../names.ts";
import type { MimeBundle } from "../types.ts";
import { environment } from "./environment.ts";
import { listNames, tableOfNames } from "./names.ts";
import { npm } from "./npm.ts";
import { shell } from "./shell.ts";
import { joined, MagicError, words } from "./words.ts";

export interface MagicOptions {
  readonly names: Names;
  /** The notebook's folder. */
  readonly directory: string;
  readonly put: (cell: Cell, name: "stdout" | "stderr", text: string) => void;
  readonly display: (cell: Cell, data: MimeBundle) => void;
}

/** One magic with all that it may need. */
export interface MagicUse {
  readonly cell: Cell;
  readonly parts: readonly string[];
  readonly values: readonly unknown[];
  readonly say: (text: string) => void;
}

const types: Readonly<Record<string, string>> = {
  html: "text/html",
  markdown: "text/markdown",
  latex: "text/latex",
  svg: "image/svg+xml",
  javascript: "application/javascript",
};

export class Magics {
  readonly #options: MagicOptions;
  #previous: string | undefined;

  constructor(options: MagicOptions) {
    this.#options = options;
  }

  /** Where it was interrupted, the promise does not settle. */
  async run(
    name: string,
    cell: Cell,
    parts: readonly string[],
    values: readonly unknown[],
  ): Promise<void> {
    const { put, display, names, directory } = this.#options;
    const say = (text: string) => put(cell, "stdout", text);
    const use: MagicUse = { cell, parts, values, say };
    const type = types[name];
    // The text of a whole cell follows what stands beside the magic's name.
    const [, text] = parts;
    if (type !== undefined) display(cell, { [type]: text ?? "" });
    else {
      switch (name) {
        case "sh":
        case "bash":
          await shell(name, use, put);
          break;
        case "npm":
          await npm(use, directory, put);
          break;
        case "cd":
          this.#changeFolder(use);
          break;
        case "pwd":
          say(`${process.cwd()}\n`);
          break;
        case "env":
          say(environment(joined(use)));
          break;
        case "who":
          say(listNames(names));
          break;
        case "whos":
          say(tableOfNames(names));
          break;
        case "reset":
          names.clear();
          break;
        case "lsmagic":
          say(listMagics());
          break;
        case "writefile":
          writeText(use);
          break;
        default:
          throw new MagicError(`There is no magic ${name}.`);
      }
    }
    if (cell.isStopped) await new Promise<never>(() => {});
  }

  #changeFolder(use: MagicUse): void {
    const wanted = joined(use).trim();
    let folder = wanted.replace(/^(["'])(.*)\1$/, "$2");
    if (folder === "" || folder === "~") folder = homedir();
    else if (folder.startsWith("~/")) folder = resolve(homedir(), folder.slice(2));
    else if (folder === "-") {
      if (this.#previous === undefined) throw new MagicError("%cd -: there is no earlier folder.");
      folder = this.#previous;
    }
    const before = process.cwd();
    try {
      process.chdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const reason = code === "ENOENT" ? "there is no such folder" : (code ?? String(error));
      throw new MagicError(`%cd ${wanted}: ${reason} (looked for from ${before}).`);
    }
    this.#previous = before;
    use.say(`${process.cwd()}\n`);
  }
}

function writeText({ parts, values, say }: MagicUse): void {
  const [head = "", text = ""] = parts;
  const options = words([head], values);
  const appends = options.includes("-a") || options.includes("--append");
  const [file, ...more] = options.filter((word) => !/^(?:-a|--append)$/.test(word));
  if (file === undefined || more.length > 0)
    throw new MagicError(`%%writefile takes one file name, and got ${JSON.stringify(head)}.`);
  if (appends) appendFileSync(file, text);
  else writeFileSync(file, text);
  say(`${appends ? "Added to" : "Wrote"} ${resolve(file)}\n`);
}
