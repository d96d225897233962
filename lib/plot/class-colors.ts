/** Colours for classes, and ink that reads on them. */

/**
 * Told apart with any colour vision (Okabe and Ito 2008, https://jfly.uni-koeln.de/color/), without the yellow, which
 * cannot be seen on white, and the black; the blue is a little lighter, to be seen on dark cards.
 */
const DISTINCT = ["#1a80bb", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"] as const;

/** Colours of class 0, 1, 2 …; after six they begin anew, so labels must tell the rest. */
export function classColor(index: number): string {
  return DISTINCT[index % DISTINCT.length]!;
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
