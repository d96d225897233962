/** Pictures from files and addresses as tensors, by TensorFlow's decoder. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { holdingStderr, isNative, nativeOp, tf } from "../tensorflow/index.ts";
import { readImageHeader } from "./image-format.ts";

export interface DecodeOptions {
  /** What to call the picture in errors. */
  readonly name?: string;
  /** Larger pictures are refused before any memory is taken; by default 100 million (1.2 GB as int32). */
  readonly maxPixels?: number;
}

/** What libjpeg writes to standard error, of damage that it gets over too; the beginnings of its messages. */
const libjpegMessage =
  /^(Application|Arithmetic|Bogus|Corrupt|DCT|Empty|Huffman|Improper|Inconsistent|Input|Insufficient|Invalid|Maximum|Missing|Not a JPEG|Premature|Quantization|Sampling|Unexpected|Unknown|Unsupported|Warning:|Wrong) ?/;

/** The JavaScript backend has no decoder; canvas has one. Its JPEG values differ by a few units from TensorFlow's. */
async function decodeByCanvas(bytes: Uint8Array): Promise<tf.Tensor3D> {
  const { createCanvas, loadImage } = await import("canvas");
  const image = await loadImage(Buffer.from(bytes));
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
  return tf.tidy(() =>
    tf.tensor3d(Int32Array.from(data), [height, width, 4], "int32").slice([0, 0, 0], [-1, -1, 3]),
  );
}

function decodeByTensorFlow(bytes: Uint8Array): tf.Tensor3D {
  return tf.tidy(() => {
    const contents = tf.scalar(bytes as unknown as string, "string");
    const pixels = nativeOp("DecodeImage", [contents], {
      channels: { int: 3 },
      dtype: { type: "uint8" },
      expand_animations: { bool: false },
    });
    return pixels.cast("int32") as tf.Tensor3D; // [height, width, 3]
  });
}

/**
 * Decodes a JPEG, PNG, GIF (its first frame) or BMP.
 *
 * Gray becomes three equal channels; an alpha channel is dropped, as `tf.io.decode_image(…, channels=3)` does.
 *
 * @param bytes the file's content
 * @returns int32 [height, width, 3], values 0 to 255
 * @throws {Error} not such a picture, cut off, damaged, without pixels, or with more than `maxPixels`
 */
export async function decodeImage(
  bytes: Uint8Array,
  { name = "The picture", maxPixels = 100e6 }: DecodeOptions = {},
): Promise<tf.Tensor3D> {
  const { format, height, width } = readImageHeader(bytes, name);
  if (height < 1 || width < 1) {
    throw new Error(`${name} has no pixels: its header says ${width}×${height}.`);
  }
  if (height * width > maxPixels) {
    throw new Error(
      `${name} is too large: its header says ${width}×${height} pixels, more than ${maxPixels}. ` +
        "If that is right, allow it by the option maxPixels.",
    );
  }
  let complaints = "";
  try {
    if (!isNative()) return await decodeByCanvas(bytes);
    return holdingStderr(
      () => decodeByTensorFlow(bytes),
      (text) => {
        const lines = text.split(/(?<=\n)/);
        complaints = lines
          .filter((line) => libjpegMessage.test(line))
          .join("")
          .trim();
        return lines.filter((line) => !libjpegMessage.test(line)).join("");
      },
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const said = complaints || message.replace(/^Invalid TF_Status: \d+\s*Message: /, "");
    throw new Error(
      `${name} is a damaged or cut-off ${format} (${bytes.length} bytes): ` +
        `${said.replace(/\s*\n\s*/g, "; ").replace(/\.+$/, "")}. Get the file again.`,
      { cause: error },
    );
  }
}

async function readLocal(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      throw new Error(
        `There is no picture at ${resolve(path)}. A relative path starts at the working directory, ${process.cwd()}.`,
        { cause: error },
      );
    }
    if (code === "EISDIR") throw new Error(`${resolve(path)} is a folder, expected a picture.`);
    throw new Error(`The picture ${resolve(path)} cannot be read: ${message}.`, { cause: error });
  }
}

async function readRemote(address: URL): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    const { cause, message } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new Error(`${address.href} cannot be reached: ${reason}. Is there a network?`, {
      cause: error,
    });
  }
  if (!response.ok) {
    throw new Error(
      `${address.href} answered ${response.status} ${response.statusText}, expected a picture.`,
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * Reads a picture from a file or an address (`file:`, `http:`, `https:`).
 *
 * @returns int32 [height, width, 3], values 0 to 255
 * @throws {Error} missing, unreachable, or what `decodeImage` refuses
 * @example
 *     const image = await loadImage(samplePicture("china.jpg").path); // [427, 640, 3]
 */
export async function loadImage(
  source: string | URL,
  options: Omit<DecodeOptions, "name"> = {},
): Promise<tf.Tensor3D> {
  const isAddress = source instanceof URL || /^(https?|file):\/\//i.test(source);
  if (!isAddress) return decodeImage(await readLocal(source), { ...options, name: source });
  const address = new URL(source);
  if (address.protocol === "file:") {
    const path = fileURLToPath(address);
    return decodeImage(await readLocal(path), { ...options, name: path });
  }
  if (address.protocol !== "http:" && address.protocol !== "https:") {
    throw new Error(`${address.href} cannot be read: expected a file:, http: or https: address.`);
  }
  return decodeImage(await readRemote(address), { ...options, name: address.href });
}
