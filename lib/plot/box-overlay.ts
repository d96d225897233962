/** Boxes with their labels, drawn over an image. Lengths are in CSS pixels. */
import type { SKRSContext2D } from "canvas";
import { classColor, inkOn } from "./class-colors.ts";
import { drawText, type TextStyle, textWidth } from "./text.ts";

export type BoxStyle = "solid" | "dashed" | "dotted";

/** A box where it is drawn. */
export interface PlacedBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly color: string;
  readonly style: BoxStyle;
  readonly faint: boolean;
  /** Written on a tag of the box's colour. "" for none. */
  readonly text: string;
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const TAG: TextStyle = { size: 11, weight: 600, lineHeight: 15 };
const TAG_PADDING = 4;
const LINE = 2;
const DASHES: Readonly<Record<BoxStyle, number[]>> = { solid: [], dashed: [6, 4], dotted: [2, 3] };

/** Boxes first, then their tags, so that no box crosses a text. */
export function drawBoxes(
  context: SKRSContext2D,
  boxes: readonly PlacedBox[],
  area: { readonly width: number; readonly height: number },
): void {
  context.save();
  context.beginPath();
  context.rect(0, 0, area.width, area.height);
  context.clip();
  for (const box of boxes) outline(context, box);
  const taken: Rectangle[] = [];
  // Faint ones take the places that are left.
  for (const faint of [false, true]) {
    for (const box of boxes) if (box.text && box.faint === faint) tag(context, box, area, taken);
  }
  context.restore();
}

/** A line of a box's kind, for legends. White has a darker edge there too, as the card may be white. */
export function boxSample(style: BoxStyle, color: string) {
  const box = { left: 1, top: 3, width: 20, height: 10, color, style, faint: false, text: "" };
  return {
    width: 22,
    draw: (context: SKRSContext2D) => outline(context, box, color === "#ffffff"),
  };
}

/** With an edge of the opposite brightness, so that it is seen on any image. */
function outline(
  context: SKRSContext2D,
  { left, top, width, height, color, style, faint }: PlacedBox,
  edged = true,
) {
  context.save();
  context.globalAlpha = faint ? 0.45 : 1;
  context.lineJoin = "round";
  context.setLineDash(DASHES[style]);
  if (edged) {
    const edge = inkOn(color) === "#000000" ? "rgba(0, 0, 0, 0.55)" : "rgba(255, 255, 255, 0.65)";
    context.strokeStyle = edge;
    context.lineWidth = LINE + 2;
    context.strokeRect(left, top, width, height);
  }
  context.strokeStyle = color;
  context.lineWidth = LINE;
  context.strokeRect(left, top, width, height);
  context.restore();
}

/** So much of a tag may be covered by, or cover, others before it is left out. */
const MOST_COVERED = 0.15;

/** A tag goes where the fewest others are: of a crowd's later boxes it is left out, their colours tell the class. */
function tag(
  context: SKRSContext2D,
  box: PlacedBox,
  area: { readonly width: number; readonly height: number },
  taken: Rectangle[],
): void {
  const width = Math.ceil(textWidth(box.text, TAG)) + 2 * TAG_PADDING;
  const { lineHeight: height } = TAG;
  const inside = (x: number) => Math.max(0, Math.min(x, area.width - width));
  const above = box.top - LINE / 2 - height;
  const below = box.top + box.height + LINE / 2;
  const rows = [above, below, box.top + LINE / 2, below - height - LINE].filter(
    (y) => y >= 0 && y + height <= area.height,
  );
  if (rows.length === 0) rows.push(Math.max(0, Math.min(above, area.height - height)));
  const columns = [inside(box.left - LINE / 2), inside(box.left + box.width + LINE / 2 - width)];
  const places = columns.flatMap((x) => rows.map((y) => ({ x, y, width, height })));
  const covered = places.map((place) =>
    taken.reduce((sum, other) => sum + shared(place, other), 0),
  );
  const least = Math.min(...covered);
  if (least > MOST_COVERED * width * height) return;
  const place = places[covered.indexOf(least)]!;
  taken.push(place);
  const { x, y } = place;
  context.save();
  context.globalAlpha = box.faint ? 0.6 : 1;
  context.fillStyle = box.color;
  context.beginPath();
  context.roundRect(x, y, width, height, 3);
  context.fill();
  drawText(context, [box.text], TAG, { x: x + TAG_PADDING, y, color: inkOn(box.color) });
  context.restore();
}

/** The area that two rectangles share. */
function shared(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/** A colour for each label: by its place among the classes, or among all labels in alphabetical order. */
export function colorsOf(
  labels: readonly (string | undefined)[],
  classes: readonly string[] | undefined,
): (label: string | undefined) => string {
  const known = classes ?? [...new Set(labels.filter((label) => label !== undefined))].sort();
  return (label) => classColor(Math.max(0, label === undefined ? 0 : known.indexOf(label)));
}
