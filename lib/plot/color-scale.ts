/** The legend of a colour map. */
import type { SKRSContext2D } from "canvas";
import { type ColorMap, cssColor } from "./colors.ts";
import { drawText, textStyles, textWidth } from "./text.ts";
import type { Theme } from "./theme.ts";

const BAR_WIDTH = 240;
const BAR_HEIGHT = 10;

/** Of the whole legend, in CSS pixels. */
export const SCALE_HEIGHT = BAR_HEIGHT + 4 + textStyles.tick.lineHeight;

/** Of the whole legend, in CSS pixels. */
export function scaleWidth(labels: readonly string[]): number {
  if (labels.length !== 2) return BAR_WIDTH;
  return BAR_WIDTH + labels.reduce((sum, label) => sum + 8 + textWidth(label, textStyles.tick), 0);
}

/**
 * Draws a bar of all colours at (0, 0), labels under it: two are words for its ends, which stand left and right of
 * it; others are numbers at equal distances.
 */
export function drawColorScale(
  context: SKRSContext2D,
  theme: Theme,
  colorMap: ColorMap,
  labels: readonly string[],
): void {
  const words = labels.length === 2;
  const style = textStyles.tick;
  const left = words ? textWidth(labels[0]!, style) + 8 : 0;
  const gradient = context.createLinearGradient(left, 0, left + BAR_WIDTH, 0);
  for (let i = 0; i <= 16; i++) {
    gradient.addColorStop(i / 16, cssColor(colorMap, Math.round((255 * i) / 16)));
  }
  const top = words ? (SCALE_HEIGHT - BAR_HEIGHT) / 2 : 0;
  context.fillStyle = gradient;
  context.fillRect(left, top, BAR_WIDTH, BAR_HEIGHT);
  const color = theme.muted;
  if (words) {
    const y = (SCALE_HEIGHT - style.lineHeight) / 2;
    drawText(context, [labels[0]!], style, { x: 0, y, color });
    drawText(context, [labels[1]!], style, { x: left + BAR_WIDTH + 8, y, color });
    return;
  }
  labels.forEach((label, i) => {
    const align = i === 0 ? "left" : i === labels.length - 1 ? "right" : "center";
    const x = labels.length === 1 ? 0 : (BAR_WIDTH * i) / (labels.length - 1);
    drawText(context, [label], style, { x, y: BAR_HEIGHT + 4, color, align });
  });
}
