/** The legend of a colour map. */
import { type ColorMap, cssColor } from "./colors.ts";
import type { Content } from "./picture.ts";
import { drawText, textStyles, textWidth } from "./text.ts";

const BAR_WIDTH = 240;
const BAR_HEIGHT = 10;
const GAP = 8;

/** One line: what the colours stand for, the lowest value, a bar of all colours, the highest value. */
export function colorScale(
  colorMap: ColorMap,
  labels: { readonly title: string; readonly low: string; readonly high: string },
): Omit<Content, "alt"> {
  const style = textStyles.tick;
  const lowAt = textWidth(labels.title, style) + 2 * GAP;
  const barAt = lowAt + textWidth(labels.low, style) + GAP;
  const highAt = barAt + BAR_WIDTH + GAP;
  return {
    width: highAt + textWidth(labels.high, style),
    height: style.lineHeight,
    draw: (context, theme) => {
      const gradient = context.createLinearGradient(barAt, 0, barAt + BAR_WIDTH, 0);
      for (let i = 0; i <= 16; i++) {
        gradient.addColorStop(i / 16, cssColor(colorMap, Math.round((255 * i) / 16)));
      }
      context.fillStyle = gradient;
      context.fillRect(barAt, (style.lineHeight - BAR_HEIGHT) / 2, BAR_WIDTH, BAR_HEIGHT);
      // The ends of some maps are black or white, as the card is.
      context.strokeStyle = theme.line;
      context.lineWidth = 1;
      context.strokeRect(barAt, (style.lineHeight - BAR_HEIGHT) / 2, BAR_WIDTH, BAR_HEIGHT);
      drawText(context, [labels.title], style, { x: 0, y: 0, color: theme.ink });
      drawText(context, [labels.low], style, { x: lowAt, y: 0, color: theme.muted });
      drawText(context, [labels.high], style, { x: highAt, y: 0, color: theme.muted });
    },
  };
}
