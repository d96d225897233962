/** File formats of pictures. */
import type { Canvas } from "canvas";

export type PictureFormat = "png" | "jpeg";

/** Of JPEG files, of 100: on a screen, differences from the original cannot be seen but in the edges of text. */
const QUALITY = 90;

export const encode = (canvas: Canvas, format: PictureFormat): Promise<Buffer> =>
  format === "jpeg" ? canvas.encode("jpeg", QUALITY) : canvas.encode("png");

/** @throws if it is not one of the formats; `caller` names the function in the error */
export function checkFormat(format: PictureFormat | undefined, caller: string): PictureFormat {
  const given = format ?? "png";
  if (given !== "png" && given !== "jpeg") {
    throw new RangeError(
      `${caller}: fileFormat is ${JSON.stringify(given)}, expected "png" or "jpeg".`,
    );
  }
  return given;
}
