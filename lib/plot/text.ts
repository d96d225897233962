/** Text on a canvas: measured, broken into lines, drawn. Lengths are in CSS pixels. */
import { createCanvas, type SKRSContext2D } from "canvas";
import { fontFamily } from "./fonts.ts";

export interface TextStyle {
  readonly size: number;
  readonly weight: 400 | 600;
  /** From one baseline to the next. */
  readonly lineHeight: number;
}

export const textStyles = {
  title: { size: 16, weight: 600, lineHeight: 22 },
  tileTitle: { size: 13, weight: 600, lineHeight: 18 },
  caption: { size: 13, weight: 400, lineHeight: 18 },
  tick: { size: 12, weight: 400, lineHeight: 16 },
} as const satisfies Record<string, TextStyle>;

const measuring = createCanvas(1, 1).getContext("2d");

export function setFont(context: SKRSContext2D, style: TextStyle): void {
  context.font = `${style.weight} ${style.size}px ${fontFamily}`;
  // Not the host's language: it may choose other forms of letters.
  context.lang = "en";
}

export function textWidth(text: string, style: TextStyle): number {
  setFont(measuring, style);
  return measuring.measureText(text).width;
}

/** Lines no wider than `width`. Breaks at spaces, and inside a word only where it is wider than a line. */
export function wrapText(text: string, style: TextStyle, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/[ \t]+/).flatMap((word) => pieces(word, style, width))) {
      const longer = line ? `${line} ${word}` : word;
      if (line && textWidth(longer, style) > width) {
        lines.push(line);
        line = word;
      } else {
        line = longer;
      }
    }
    lines.push(line);
    return lines;
  });
}

/** A word, cut where it is wider than a line. */
function pieces(word: string, style: TextStyle, width: number): string[] {
  if (textWidth(word, style) <= width) return [word];
  const parts: string[] = [];
  let part = "";
  for (const letter of word) {
    if (part && textWidth(part + letter, style) > width) {
      parts.push(part);
      part = "";
    }
    part += letter;
  }
  return [...parts, part];
}

/** Draws lines from the top edge `y` down. `x` is their left edge, middle or right edge, as `align` says. */
export function drawText(
  context: SKRSContext2D,
  lines: readonly string[],
  style: TextStyle,
  place: {
    readonly x: number;
    readonly y: number;
    readonly color: string;
    readonly align?: "left" | "center" | "right";
  },
): void {
  setFont(context, style);
  context.fillStyle = place.color;
  context.textAlign = place.align ?? "left";
  context.textBaseline = "alphabetic";
  lines.forEach((line, i) => {
    // Capitals are about 0.73 of the size: this centres them in the line.
    const baseline = place.y + i * style.lineHeight + (style.lineHeight + 0.73 * style.size) / 2;
    context.fillText(line, place.x, baseline);
  });
}
