/** A model as a table and a diagram, in a notebook and in a terminal. */
import type { tf } from "../tensorflow/index.ts";
import { type BlockCost, blockCosts, layerCosts } from "./cost.ts";

export interface SummaryOptions {
  /** A row for each block (the default) or for each layer. */
  readonly rows?: "blocks" | "layers";
}

/** How a value shows itself in a notebook: the convention of Deno's kernel and of ours. */
const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as never;

const count = (value: number) => value.toLocaleString("en-US");
/** 1,234,567 → 1.23 M */
function short(value: number | undefined): string {
  if (value === undefined) return "–";
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`;
  }
  return String(value);
}
const shapeText = (shape: readonly (number | null)[]) => shape.map((n) => n ?? "?").join(" × ");
const fieldText = (field: number) => (Number.isFinite(field) ? String(field) : "all");
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

type Row = Omit<BlockCost, "layers">;

/** Rows that are worth one: those that only pass on what they get are left out of a table of blocks. */
const isShown = ({ name, parameters, kinds, outputShape }: Row, before: Row | undefined) =>
  !/pad(ding)?(2d)?(_\d+)?$/i.test(name) &&
  (parameters > 0 || kinds !== "" || String(outputShape) !== String(before?.outputShape));

/** Shows itself as the result of a cell, and as text in a terminal. */
export class ModelSummary {
  readonly name: string;
  readonly parameters: number;
  readonly trainable: number;
  /** For one picture; undefined where the input's size is open. */
  readonly multiplyAdds: number | undefined;
  readonly rows: readonly Row[];

  constructor(model: tf.LayersModel, { rows = "blocks" }: SummaryOptions = {}) {
    if (rows !== "blocks" && rows !== "layers") {
      throw new Error(
        `The option rows is ${JSON.stringify(rows)}, expected one of "blocks", "layers".`,
      );
    }
    const costs = layerCosts(model);
    const known = costs.map(({ multiplyAdds }) => multiplyAdds);
    const size = (weights: readonly tf.LayerVariable[]) =>
      weights.reduce(
        (sum, { shape }) => sum + (shape as number[]).reduce((product, n) => product * n, 1),
        0,
      );
    this.name = model.name;
    this.parameters = size(model.weights);
    this.trainable = size(model.trainableWeights);
    this.multiplyAdds = known.includes(undefined)
      ? undefined
      : (known as number[]).reduce((sum, value) => sum + value, 0);
    const all: Row[] =
      rows === "layers"
        ? costs.map(({ kind, ...cost }) => ({ ...cost, kinds: kind }))
        : blockCosts(model);
    this.rows = rows === "layers" ? all : all.filter((row, i) => isShown(row, all[i - 1]));
  }

  #cells(): string[][] {
    return this.rows.map((row) => [
      ...[row.name, row.kinds, shapeText(row.outputShape), count(row.parameters)],
      ...[short(row.multiplyAdds), fieldText(row.receptiveField)],
    ]);
  }

  #total(): string {
    const frozen = this.parameters - this.trainable;
    const costs =
      this.multiplyAdds === undefined ? "" : `, ${short(this.multiplyAdds)} multiply-adds`;
    const still = frozen > 0 ? ` (${count(frozen)} of them not trained)` : "";
    return `${count(this.parameters)} parameters${still}${costs}`;
  }

  /** The table as text. */
  toString(): string {
    const table = [headings, ...this.#cells()];
    const widths = headings.map((_, i) =>
      Math.max(...table.map((row) => (row[i] as string).length)),
    );
    const line = (row: string[]) =>
      row
        .map((cell, i) =>
          i < 3 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
        )
        .join("  ")
        .trimEnd();
    const rule = widths.map((width) => "─".repeat(width)).join("  ");
    const [head, ...body] = table.map(line);
    return [this.name, head, rule, ...body, rule, this.#total()].join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [displaySymbol](): Record<string, string> {
    return { "text/html": this.#html(), "text/plain": this.toString() };
  }

  /**
   * A box for each row with feature maps: as high as they are, as wide as they have channels (both on a log scale). Of
   * plain elements: JupyterLab shows no SVG in the HTML of a notebook that it does not trust, and GitHub nowhere.
   */
  #diagram(): string {
    const maps = this.rows.filter(({ outputShape }) => outputShape.length === 3 && outputShape[0]);
    if (maps.length < 2) return "";
    const highest = Math.max(...maps.map(({ outputShape }) => outputShape[0] as number));
    const boxes = maps.map((row) => {
      const [height, , channels] = row.outputShape as [number, number, number];
      return {
        high: Math.max(4, (90 * Math.log2(1 + height)) / Math.log2(1 + highest)),
        wide: Math.max(3, 2.2 * Math.log2(1 + channels)),
        label: `${row.name}: ${shapeText(row.outputShape)}, ${count(row.parameters)} parameters`,
        color: row.parameters > 0 ? "#3b7dd8" : "#9aa5b1",
      };
    });
    const gap = 3;
    const whole = boxes.reduce((sum, { wide }) => sum + wide + gap, 0);
    const scale = Math.min(900, Math.max(300, 1.6 * whole)) / whole;
    const px = (length: number) => `${(length * scale).toFixed(1)}px`;
    const drawn = boxes.map(
      ({ high, wide, label, color }) =>
        `<div title="${escapeHtml(label)}" style="display:inline-block;vertical-align:middle;width:${px(wide)};` +
        `height:${px(high)};margin-right:${px(gap)};border-radius:2px;background-color:${color}"></div>`,
    );
    const alt = `The maps of ${this.name} from left to right: higher boxes are larger maps, wider ones have more channels`;
    return (
      `<div role="img" aria-label="${escapeHtml(alt)}" style="margin:6px 0;white-space:nowrap;overflow-x:auto;` +
      `font-size:0;line-height:0">${drawn.join("")}</div>`
    );
  }

  #html(): string {
    const ink = "var(--jp-ui-font-color1, inherit)";
    const muted = "var(--jp-ui-font-color2, inherit)";
    const line = "1px solid var(--jp-border-color2, rgba(128,136,144,.4))";
    const most = Math.max(1, ...this.rows.map(({ parameters }) => parameters));
    const cell = (text: string, i: number) => {
      const side = i < 3 ? "left" : "right";
      return `<td style="text-align:${side};padding:2px 10px;white-space:nowrap">${escapeHtml(text)}</td>`;
    };
    const bar = (parameters: number) => {
      const share = ((100 * parameters) / most).toFixed(1);
      return (
        '<td style="padding:2px 10px;width:90px" aria-hidden="true"><div style="height:8px;border-radius:2px;' +
        `background:#3b7dd8;width:${share}%"></div></td>`
      );
    };
    const body = this.#cells().map(
      (cells, i) => `<tr>${cells.map(cell).join("")}${bar((this.rows[i] as Row).parameters)}</tr>`,
    );
    const head = [...headings, "share"].map(
      (text, i) =>
        `<th scope="col" style="text-align:${i < 3 || i === 6 ? "left" : "right"};padding:2px 10px;color:${muted};` +
        `font-weight:normal;border-bottom:${line}">${text}</th>`,
    );
    return (
      `<div style="color:${ink};overflow-x:auto"><strong>${escapeHtml(this.name)}</strong> · ${this.#total()}` +
      `${this.#diagram()}<div style="max-height:420px;overflow:auto"><table style="color:inherit;border-collapse:collapse;` +
      `font-variant-numeric:tabular-nums"><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody>` +
      "</table></div></div>"
    );
  }
}

const headings = ["block", "layers", "output", "parameters", "multiply-adds", "sees"];

/**
 * A table and a diagram of a model: for each block its layers with weights, the shape of its output, parameters,
 * multiplications for one picture, and how many rows of the input one output pixel sees.
 *
 * @example
 *     modelSummary(await resnet18({ weights: null })) // the result of a cell; elsewhere console.log(String(…))
 */
export function modelSummary(model: tf.LayersModel, options: SummaryOptions = {}): ModelSummary {
  return new ModelSummary(model, options);
}
