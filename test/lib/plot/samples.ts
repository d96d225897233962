/** Small tensors with known values for the tests of pictures. */
import { join } from "node:path";
import { tf } from "../../../lib/tensorflow/index.ts";
import { assertPicture } from "../../pictures.ts";

/** Red grows to the right, green to the bottom; blue is constant. int32, 0 to 255. */
export function gradient(height: number, width: number, blue = 128): tf.Tensor3D {
  const values = new Int32Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const red = Math.round((255 * x) / Math.max(1, width - 1));
      const green = Math.round((255 * y) / Math.max(1, height - 1));
      values.set([red, green, blue], 3 * (y * width + x));
    }
  }
  return tf.tensor3d(values, [height, width, 3], "int32");
}

/** Waves whose frequency and height grow with the channel; the first channel is all 0. */
export function waves(height: number, width: number, channels: number): tf.Tensor3D {
  const values = new Float32Array(height * width * channels);
  for (let i = 0; i < values.length; i++) {
    const channel = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    values[i] = channel * Math.sin((x * channel) / width) * Math.cos((y * 3) / height);
  }
  return tf.tensor3d(values, [height, width, channels]);
}

export function assertBaseline(png: Uint8Array, name: string): Promise<void> {
  return assertPicture(png, join(import.meta.dirname, "baseline", name));
}
