/** Colours for classes and instances. */

export type Color = readonly [red: number, green: number, blue: number];

/**
 * Six colours that all kinds of colour vision tell apart (Okabe and Ito, 2008, https://jfly.uni-koeln.de/color/), without
 * the yellow, which cannot be seen on white, and the black; the blue is a little lighter, to be seen on dark cards.
 */
const DISTINCT: readonly Color[] = [
  [26, 128, 187],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [213, 94, 0],
  [86, 180, 233],
];

/**
 * A colour for each class: the Okabe–Ito colours, then lighter and darker ones of them.
 *
 * @throws {RangeError} the number is no whole number from 1
 */
export function classColors(count: number): Color[] {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`classColors: the number is ${count}, expected a whole number from 1.`);
  }
  return Array.from({ length: count }, (_, i) => {
    const color = DISTINCT[i % DISTINCT.length]!;
    const round = Math.floor(i / DISTINCT.length);
    if (round === 0) return color;
    const toward = round % 2 === 1 ? 255 : 0;
    const part = 0.45 * (1 - 0.5 ** Math.ceil(round / 2)) * 1.6;
    return color.map((value) => Math.round(value + (toward - value) * part)) as unknown as Color;
  });
}

/**
 * The colour map of Pascal VOC's masks, 256 colours: each three bits of a label give a bit of red, green and blue.
 * Masks as files of VOC have these.
 */
export function vocColors(): Color[] {
  return Array.from({ length: 256 }, (_, label) => {
    const color = [0, 0, 0];
    for (let bit = 0; bit < 8; bit++) {
      for (let c = 0; c < 3; c++) color[c]! |= ((label >> (3 * bit + c)) & 1) << (7 - bit);
    }
    return color as unknown as Color;
  });
}

/**
 * Labels as pixels.
 *
 * @param labels class numbers
 * @param colors of each class
 * @returns red, green and blue of each label, [labels · 3]
 * @throws {RangeError} a label has no colour
 */
export function colorizeLabels(labels: ArrayLike<number>, colors: readonly Color[]): Uint8Array {
  const pixels = new Uint8Array(3 * labels.length);
  for (let i = 0; i < labels.length; i++) {
    const color = colors[labels[i]!];
    if (!color) {
      throw new RangeError(
        `colorizeLabels: the label at ${i} is ${labels[i]}, but there are ${colors.length} colours.`,
      );
    }
    pixels.set(color, 3 * i);
  }
  return pixels;
}

/**
 * Pixels as labels: the other way round, for masks in files.
 *
 * @param pixels red, green and blue of each pixel
 * @throws {RangeError} a colour stands for no class
 */
export function labelsOfColors(pixels: ArrayLike<number>, colors: readonly Color[]): Uint8Array {
  const numbers = new Map(colors.map(([r, g, b], i) => [(r << 16) | (g << 8) | b, i]));
  const labels = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < labels.length; i++) {
    const [r, g, b] = [pixels[3 * i]!, pixels[3 * i + 1]!, pixels[3 * i + 2]!];
    const label = numbers.get((r << 16) | (g << 8) | b);
    if (label === undefined) {
      throw new RangeError(
        `labelsOfColors: no class has the colour ${r}, ${g}, ${b} of pixel ${i}.`,
      );
    }
    labels[i] = label;
  }
  return labels;
}
