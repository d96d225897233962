/** What a lesson's cells say about how they are run and compared. The README beside this file tells the author. */
import { type Cell, type CodeCell, hasTag, isCode, type Notebook } from "./notebook.ts";

export const tags = {
  /** Declares with `let` what a quick run sets otherwise, by its metadata `quick`. */
  parameters: "parameters",
  /** Its numbers depend on training: only the kinds of its outputs are compared. */
  trained: "trained",
  /** Durations and rates in its texts are not compared. */
  timed: "timed",
  /** Shows photographs that may not be published: a full run records a card in their place. */
  unpublished: "unpublished",
  /** Shows an error on purpose: nbclient's own tag. */
  raises: "raises-exception",
} as const;

/** Numbers with a decimal point or an exponent may differ by this part of their value. */
export const TOLERANCE = 1e-3;

/** @throws if the cell's metadata `tolerance` is not a positive number */
export const toleranceOf = (cell: Cell): number => positive(cell, "tolerance") ?? TOLERANCE;

/**
 * Seconds that the cell may take.
 *
 * @throws if the cell's metadata `timeout` is not a positive number
 */
export const timeoutOf = (cell: Cell): number | undefined => positive(cell, "timeout");

function positive(cell: Cell, name: string): number | undefined {
  const value = cell.metadata[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw new Error(`A cell's ${name} is ${JSON.stringify(value)}: expected a positive number.`);
}

/** The cell with a lesson's parameters, and one that gives them other values, to be run after it. */
export interface InjectedSettings {
  readonly after: CodeCell;
  readonly injected: CodeCell;
}

interface RunSettings {
  /** With the lesson's own values, not the quick ones. */
  readonly full: boolean;
  /** In place of the parameter `seed`; parameters `seeds` count up from it. Default: the lesson's own. */
  readonly seed?: number | undefined;
}

/**
 * What a run sets otherwise than the lesson does; undefined where that is nothing.
 *
 * @throws if quick values stand in a cell without the tag, or do not make sense
 */
export function runSettings(
  notebook: Notebook,
  { full, seed }: RunSettings,
): InjectedSettings | undefined {
  const quick = full ? [] : quickLines(notebook);
  const after = parametersOf(notebook);
  if (!after) return undefined;
  const seeded = seed === undefined ? [] : seedLines(after, seed);
  if (quick.length + seeded.length === 0) return undefined;
  const kinds = [
    ...(quick.length > 0 ? ["a quick run"] : []),
    ...(seeded.length > 0 ? ["another seed"] : []),
  ];
  const injected: CodeCell = {
    cell_type: "code",
    metadata: { tags: ["injected-parameters"] },
    source: [`// Settings of ${kinds.join(" with ")}`, ...quick, ...seeded].join("\n"),
    execution_count: null,
    outputs: [],
  };
  return { after, injected };
}

/** Of several cells with parameters the one that has quick values, or else the first. */
function parametersOf({ cells }: Notebook): CodeCell | undefined {
  const tagged = cells.filter(isCode).filter((cell) => hasTag(cell, tags.parameters));
  return tagged.find((cell) => cell.metadata.quick !== undefined) ?? tagged[0];
}

function quickLines(notebook: Notebook): string[] {
  const cells = notebook.cells.filter((cell) => cell.metadata.quick !== undefined);
  const [cell] = cells;
  if (!cell) return [];
  if (cells.length > 1 || !isCode(cell) || !hasTag(cell, tags.parameters)) {
    throw new Error(
      `Quick values (the metadata "quick") belong to one code cell with the tag ` +
        `"${tags.parameters}", and stand elsewhere or more than once.`,
    );
  }
  const values = cell.metadata.quick;
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new Error(
      `The metadata "quick" is ${JSON.stringify(values)}: expected an object of names and values.`,
    );
  }
  return Object.entries(values).map(([name, value]) => {
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
      throw new Error(`The metadata "quick" sets "${name}", which is not a name.`);
    }
    return `${name} = ${JSON.stringify(value)};`;
  });
}

/** After the quick values, which may say how many seeds there are. */
function seedLines({ source }: CodeCell, seed: number): string[] {
  return [
    ...(/^let seed\b/m.test(source) ? [`seed = ${seed};`] : []),
    ...(/^let seeds\b/m.test(source) ? [`seeds = seeds.map((_, i) => ${seed} + i);`] : []),
  ];
}
