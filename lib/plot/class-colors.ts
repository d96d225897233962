/** Colours for classes, and ink that reads on them. */
import { classColors } from "../segmentation/masks/colors.ts";

/** Colours of class 0, 1, 2 …, those of masks: after six come lighter and darker ones. As `#rrggbb`. */
export function classColor(index: number): string {
  const [red, green, blue] = classColors(index + 1)[index]!;
  return `#${((1 << 24) | (red << 16) | (green << 8) | blue).toString(16).slice(1)}`;
}

/** For what has a meaning of its own in pictures of detections. */
export const meaningColors = { right: "#009e73", wrong: "#d55e00", missed: "#cc79a7" } as const;

/** Black or white, whichever reads better on a colour `#rrggbb`. */
export function inkOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  // Relative luminance of WCAG 2; at 0.179 black and white have the same contrast.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}
