/** Legends below pictures: a sample of each line, and what it stands for. */
import type { SKRSContext2D } from "canvas";
import type { Content } from "./picture.ts";
import { drawText, textStyles, textWidth } from "./text.ts";
import type { Theme } from "./theme.ts";

export interface LegendEntry {
  readonly text: string;
  readonly width: number;
  /** Draws the sample; its upper left corner is at (0, 0), it is `width` wide and as high as a line of text. */
  draw(context: SKRSContext2D, theme: Theme): void;
}

const GAP = 6;
const BETWEEN = 20;

/** In lines no wider than `width`. */
export function legend(entries: readonly LegendEntry[], width: number): Omit<Content, "alt"> {
  const style = textStyles.tick;
  const places: { x: number; y: number }[] = [];
  let [x, y, widest] = [0, 0, 0];
  for (const entry of entries) {
    const own = entry.width + GAP + Math.ceil(textWidth(entry.text, style));
    if (x > 0 && x + own > width) [x, y] = [0, y + style.lineHeight + 4];
    places.push({ x, y });
    widest = Math.max(widest, x + own);
    x += own + BETWEEN;
  }
  return {
    width: widest,
    height: entries.length === 0 ? 0 : y + style.lineHeight,
    draw: (context, theme) => {
      entries.forEach((entry, i) => {
        const at = places[i]!;
        context.save();
        context.translate(at.x, at.y);
        entry.draw(context, theme);
        context.restore();
        const textX = at.x + entry.width + GAP;
        drawText(context, [entry.text], style, { x: textX, y: at.y, color: theme.ink });
      });
    },
  };
}

/** One content above the other, `gap` apart. */
export function stacked(
  upper: Omit<Content, "alt">,
  lower: Omit<Content, "alt">,
  gap = 12,
): Omit<Content, "alt"> {
  if (lower.height === 0) return upper;
  return {
    width: Math.max(upper.width, lower.width),
    height: upper.height + gap + lower.height,
    draw: (context, theme) => {
      context.save();
      upper.draw(context, theme);
      context.restore();
      context.translate(0, upper.height + gap);
      lower.draw(context, theme);
    },
  };
}
