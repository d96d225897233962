/** File formats of pictures. */
import type { Canvas } from "canvas";

export type PictureFormat = "png" | "jpeg";

/** Of JPEG files, of 100: on a screen, differences from the original cannot be seen but in the edges of text. */
const QUALITY = 90;

export const encode = (canvas: Canvas, format: PictureFormat): Promise<Buffer> =>
  format === "jpeg" ? canvas.encode("jpeg", QUALITY) : canvas.encode("png");
