/** What a compiled function consists of, as a table that displays itself in a notebook. */

/** All nodes of one kind in a captured graph. */
export interface OpRow {
  /** TensorFlow's name. */
  readonly op: string;
  readonly count: number;
  /** The largest output among them, e.g. [32, 28, 28, 16]; undefined where it has none. */
  readonly shape: readonly number[] | undefined;
}

/** The same with the time that they took. */
export interface TimedOpRow extends OpRow {
  /** Of all of them together, run one by one. */
  readonly milliseconds: number;
  /** Part of the whole, 0 to 1. */
  readonly share: number;
}

const cellOf = (shape: readonly number[] | undefined): string =>
  shape === undefined ? "" : `[${shape.join(", ")}]`;

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] as string,
  );

/** Ops of a captured graph, most frequent first. */
export class OpTable<Row extends OpRow = OpRow> {
  readonly title: string;
  readonly rows: readonly Row[];

  constructor(title: string, rows: readonly Row[]) {
    this.title = title;
    this.rows = rows;
  }

  /** Nodes in all. */
  get count(): number {
    return this.rows.reduce((sum, row) => sum + row.count, 0);
  }

  protected columns(): {
    readonly title: string;
    readonly cells: string[];
    readonly left: boolean;
  }[] {
    return [
      { title: "op", cells: this.rows.map((row) => row.op), left: true },
      { title: "count", cells: this.rows.map((row) => `${row.count}`), left: false },
      { title: "largest output", cells: this.rows.map((row) => cellOf(row.shape)), left: true },
    ];
  }

  /** A table in plain text. */
  toString(): string {
    const columns = this.columns().map(({ title, cells, left }) => {
      const width = Math.max(title.length, ...cells.map((cell) => cell.length));
      const pad = (cell: string) => (left ? cell.padEnd(width) : cell.padStart(width));
      return [title, ...cells].map(pad);
    });
    const lines = Array.from({ length: this.rows.length + 1 }, (_, i) =>
      columns
        .map((column) => column[i])
        .join("  ")
        .trimEnd(),
    );
    return [this.title, ...lines].join("\n");
  }

  [Symbol.for("Jupyter.display")](): Record<string, string> {
    const columns = this.columns();
    const align = (left: boolean) => ` style="text-align: ${left ? "left" : "right"}"`;
    const head = columns.map(({ title, left }) => `<th${align(left)}>${escaped(title)}</th>`);
    const body = this.rows.map((_, i) => {
      const cells = columns.map(
        ({ cells, left }) => `<td${align(left)}>${escaped(cells[i] as string)}</td>`,
      );
      return `<tr>${cells.join("")}</tr>`;
    });
    const html =
      `<table><caption style="text-align: left">${escaped(this.title)}</caption>` +
      `<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
    return { "text/plain": `${this}`, "text/html": html };
  }
}

/** Time by op, slowest first. */
export class OpProfile extends OpTable<TimedOpRow> {
  get milliseconds(): number {
    return this.rows.reduce((sum, row) => sum + row.milliseconds, 0);
  }

  /**
   * The slowest kinds of op as bars for a chart, in milliseconds; the rest is one bar.
   *
   *     barChart(profile.bars(), { xTitle: "time (ms)", yTitle: "op" })
   */
  bars(limit = 12): { readonly label: string; readonly value: number }[] {
    const bar = ({ op, count, milliseconds }: TimedOpRow) => ({
      label: `${op} × ${count}`,
      value: milliseconds,
    });
    if (this.rows.length <= limit) return this.rows.map(bar);
    const rest = this.rows.slice(limit - 1);
    return [
      ...this.rows.slice(0, limit - 1).map(bar),
      {
        label: `${rest.length} other kinds`,
        value: rest.reduce((sum, row) => sum + row.milliseconds, 0),
      },
    ];
  }

  protected override columns() {
    const time = this.rows.map((row) => row.milliseconds.toFixed(2));
    const share = this.rows.map((row) => `${(100 * row.share).toFixed(1)} %`);
    return [
      ...super.columns(),
      { title: "time (ms)", cells: time, left: false },
      { title: "share", cells: share, left: false },
    ];
  }
}

/** A node, as far as the tables speak of it. */
interface TableNode {
  readonly name: string;
  readonly op: string;
  readonly shape: readonly number[] | undefined;
}

const sizeOf = (shape: readonly number[] | undefined): number =>
  shape === undefined ? -1 : shape.reduce((product, length) => product * length, 1);

/** Counts nodes by op, without the placeholders, which only stand for what comes in. */
export function opRows(nodes: readonly TableNode[]): OpRow[] {
  const rows = new Map<string, { count: number; shape: readonly number[] | undefined }>();
  for (const { op, shape } of nodes) {
    if (op === "Placeholder") continue;
    const row = rows.get(op) ?? { count: 0, shape: undefined };
    row.count++;
    if (sizeOf(shape) > sizeOf(row.shape)) row.shape = shape;
    rows.set(op, row);
  }
  return [...rows]
    .sort(([a, one], [b, other]) => other.count - one.count || a.localeCompare(b))
    .map(([op, row]) => ({ op, ...row }));
}

/** @param times milliseconds by name of node */
export function timedRows(
  nodes: readonly TableNode[],
  times: ReadonlyMap<string, number>,
): TimedOpRow[] {
  const sums = new Map<string, number>();
  let total = 0;
  for (const { name, op } of nodes) {
    const time = times.get(name) ?? 0;
    sums.set(op, (sums.get(op) ?? 0) + time);
    total += time;
  }
  return opRows(nodes)
    .map((row) => {
      const milliseconds = sums.get(row.op) ?? 0;
      return { ...row, milliseconds, share: total === 0 ? 0 : milliseconds / total };
    })
    .filter(
      ({ op }) => times.size === 0 || nodes.some((node) => node.op === op && times.has(node.name)),
    )
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
