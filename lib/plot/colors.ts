/** Colours for values. */
import { scheme } from "vega";

/**
 * Perceptually uniform colour maps: equal steps of value look like equal steps of colour, in grey and with every
 * kind of colour vision too.
 */
export type ColorMapName = "viridis" | "magma" | "inferno" | "plasma" | "cividis" | "greys";

const NAMES: readonly ColorMapName[] = [
  "viridis",
  "magma",
  "inferno",
  "plasma",
  "cividis",
  "greys",
];

/** 256 colours, three bytes (red, green, blue) each, from the lowest value to the highest. */
export type ColorMap = Uint8Array;

/** @throws if there is no colour map of that name */
export function colorMapOf(name: ColorMapName, caller: string): ColorMap {
  if (!NAMES.includes(name)) {
    throw new Error(`${caller}: there is no colour map "${name}"; there are ${NAMES.join(", ")}.`);
  }
  const colors = new Uint8Array(3 * 256);
  // Vega's own greys go from light to dark, and reach neither black nor white.
  const interpolate: (at: number) => string =
    name === "greys"
      ? (at) => `${255 * at}, ${255 * at}, ${255 * at}`
      : (scheme(name) as (at: number) => string);
  for (let i = 0; i < 256; i++) {
    colors.set(
      interpolate(i / 255)
        .match(/[\d.]+/g)!
        .map(Number),
      3 * i,
    );
  }
  return colors;
}

/** From blue over white to orange, which all kinds of colour vision tell apart: for values with a sign. */
export function divergingMap(): ColorMap {
  const interpolate = scheme("blueorange") as (at: number) => string;
  const colors = new Uint8Array(3 * 256);
  for (let i = 0; i < 256; i++) {
    colors.set(
      interpolate(i / 255)
        .match(/[\d.]+/g)!
        .map(Number),
      3 * i,
    );
  }
  return colors;
}

/** A CSS colour of the map. */
export function cssColor(map: ColorMap, index: number): string {
  return `rgb(${map[3 * index]}, ${map[3 * index + 1]}, ${map[3 * index + 2]})`;
}
