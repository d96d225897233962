/**
 * The typeface of all pictures and charts. It ships with the project (Inter, SIL Open Font License, in `fonts/`),
 * so that a picture is the same on every machine.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { GlobalFonts } from "canvas";

/** A name of our own: an installed "Inter" of another version must not be taken instead. */
const FAMILY = "Convnet Lab Sans";

/** CSS list of families: a browser, which does not have our file, takes the nearest relative that it has. */
export const fontFamily = `'${FAMILY}', Inter, 'Helvetica Neue', Arial, sans-serif`;

if (!GlobalFonts.has(FAMILY)) {
  // By way of the package's root, as the built `dist/lib/plot` has no copy of the fonts.
  const root = dirname(createRequire(import.meta.url).resolve("convnet-lab/package.json"));
  for (const file of ["Inter-Regular.ttf", "Inter-SemiBold.ttf"]) {
    const path = join(root, "lib/plot/fonts", file);
    if (!GlobalFonts.registerFromPath(path, FAMILY)) {
      throw new Error(`Cannot read the font ${path}: install the package convnet-lab again.`);
    }
  }
}
