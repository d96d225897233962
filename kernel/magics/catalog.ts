/** The magics that there are: lines by which a cell talks to the kernel, as in IPython. */

/** Which part of the cell belongs to it. */
export type MagicScope =
  /** The rest of its line. */
  | "line"
  /** The statement that begins after its name, which stays TypeScript. */
  | "statement"
  /** The whole cell, which is no TypeScript then. */
  | "text";

export interface MagicEntry {
  readonly scopes: readonly MagicScope[];
  /** How it is written; the first line is what a list shows. */
  readonly usage: string;
  readonly summary: string;
  /** It may change what the checker knows, so that it runs before the code after it is checked. */
  readonly isSetUp?: boolean;
}

const shell = "/bin/sh";

export const magics: Readonly<Record<string, MagicEntry>> = {
  sh: {
    scopes: ["line", "text"],
    usage: "%sh COMMAND",
    summary: `runs a command in ${shell}, as !COMMAND does; %%sh runs the whole cell and fails as its last command does`,
  },
  bash: {
    scopes: ["text"],
    usage: "%%bash",
    summary: "runs the whole cell in bash, and fails as its last command does",
  },
  npm: {
    scopes: ["line"],
    usage: "%npm install PACKAGE…",
    summary:
      "runs npm where the nearest package.json is, or else in the notebook's folder; adds type declarations from @types",
    isSetUp: true,
  },
  time: {
    scopes: ["line", "statement"],
    usage: "%time STATEMENT",
    summary: "tells how long a statement takes, and %%time how long the whole cell does",
  },
  who: { scopes: ["line"], usage: "%who", summary: "lists the notebook's names" },
  whos: {
    scopes: ["line"],
    usage: "%whos",
    summary: "lists the notebook's names with kind and value",
  },
  reset: {
    scopes: ["line"],
    usage: "%reset",
    summary: "forgets all of the notebook's names; must stand before the code of its cell",
    isSetUp: true,
  },
  cd: {
    scopes: ["line"],
    usage: "%cd FOLDER",
    summary:
      "changes the working directory; %cd - goes back, and imports stay relative to the notebook",
  },
  pwd: { scopes: ["line"], usage: "%pwd", summary: "shows the working directory" },
  env: {
    scopes: ["line"],
    usage: "%env NAME=VALUE",
    summary: "sets an environment variable; %env NAME shows one, and %env alone all of them",
  },
  html: { scopes: ["text"], usage: "%%html", summary: "shows the cell as HTML" },
  markdown: { scopes: ["text"], usage: "%%markdown", summary: "shows the cell as Markdown" },
  latex: { scopes: ["text"], usage: "%%latex", summary: "shows the cell as LaTeX" },
  svg: { scopes: ["text"], usage: "%%svg", summary: "shows the cell as an SVG picture" },
  javascript: {
    scopes: ["text"],
    usage: "%%javascript",
    summary: "runs the cell in the browser, where the frontend allows it",
  },
  writefile: {
    scopes: ["text"],
    usage: "%%writefile FILE",
    summary: "writes the cell to a file; with -a after what the file has already",
  },
  lsmagic: { scopes: ["line"], usage: "%lsmagic", summary: "lists the magics" },
};

/** Whether the name can stand after `%` (`whole` false) or after `%%`. */
export function isMagic(name: string, whole: boolean): boolean {
  if (!Object.hasOwn(magics, name)) return false;
  const { scopes } = magics[name]!;
  return whole ? scopes.some((scope) => scope !== "line") : scopes.includes("line");
}

export function magicNames(whole: boolean): string[] {
  return Object.keys(magics).filter((name) => isMagic(name, whole));
}

/** What `%lsmagic` shows. */
export function listMagics(): string {
  const entries = Object.values(magics);
  const width = Math.max(...entries.map(({ usage }) => usage.length));
  const lines = entries.map(({ usage, summary }) => `${usage.padEnd(width)}  ${summary}`);
  const command = `${"!COMMAND".padEnd(width)}  runs a command in ${shell}; {expression} stands for a value of the notebook`;
  return `${[command, ...lines].join("\n")}\n`;
}

/** What is wrong with a magic that does not exist. */
export function unknownMagic(name: string, whole: boolean): string {
  const mark = whole ? "%%" : "%";
  if (isMagic(name, !whole)) {
    const other = whole ? "%" : "%%";
    return `${mark}${name} does not exist, ${other}${name} does. %lsmagic lists all`;
  }
  const near = magicNames(whole)
    .map((other) => ({ other, distance: distance(name.toLowerCase(), other) }))
    .filter((each) => each.distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  const guess = near.length > 0 ? ` Did you mean ${mark}${near[0]!.other}?` : "";
  return `There is no magic ${mark}${name}.${guess} %lsmagic lists all`;
}

/** Damerau's: insertions, deletions, replacements and exchanges of neighbours that lead from one word to the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replaced);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
