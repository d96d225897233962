/** Mistakes in a cell's source, printed as compilers do: where, what, the line and a squiggle under it. */

export interface Mistake {
  readonly message: string;
  /** UTF-16 offsets into the source. */
  readonly start: number;
  readonly end: number;
  /** What it is, such as `TypeScriptError TS2322`. */
  readonly label: string;
}

/** Mistakes that are printed; more only push the first ones out of sight. */
const shown = 10;

const style =
  (...codes: readonly number[]) =>
  (text: string) =>
    `\u001b[${codes.join(";")}m${text}\u001b[0m`;
const cyan = style(36);
const yellow = style(33);
const red = style(31);
const boldRed = style(1, 31);
/** Dim, as JupyterLab's grey cannot be read in the dark. */
const grey = style(2);
const inverse = style(7);

/**
 * @param count the number in `In [n]`
 * @returns lines with ANSI colours
 */
export function codeFrames(source: string, count: number, mistakes: readonly Mistake[]): string[] {
  const lines = mistakes.slice(0, shown).flatMap((mistake, index) => {
    const frame = codeFrame(source, count, mistake);
    return index === 0 ? frame : ["", ...frame];
  });
  const more = mistakes.length - shown;
  return more > 0 ? [...lines, "", grey(`… and ${more} more`)] : lines;
}

function codeFrame(
  source: string,
  count: number,
  { message, start, end, label }: Mistake,
): string[] {
  const { number, text, column } = lineAt(source, start);
  const place = `${cyan(`cell[${count}]`)}:${yellow(String(number))}:${yellow(String(column + 1))}`;
  const length = Math.max(1, Math.min(end - start, text.length - column));
  const margin = String(number);
  // Tabs stay tabs, so that the squiggle stands under its word however wide they are shown.
  const indent = text.slice(0, column).replace(/[^\t]/g, " ");
  return [
    ...`${place} - ${boldRed(label)}: ${message}`.split("\n"),
    "",
    `${inverse(margin)} ${text}`,
    `${inverse(" ".repeat(margin.length))} ${indent}${red("~".repeat(length))}`,
  ];
}

function lineAt(
  source: string,
  offset: number,
): { readonly number: number; readonly text: string; readonly column: number } {
  const before = source.slice(0, offset).split(/\r\n|[\n\r]/);
  const column = before.at(-1)?.length ?? 0;
  const start = offset - column;
  const rest = source.slice(start).search(/[\r\n]/);
  return {
    number: before.length,
    text: source.slice(start, rest < 0 ? undefined : start + rest),
    column,
  };
}
