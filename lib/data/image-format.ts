/** What the first bytes of a picture say, so that nothing strange reaches the decoder. */

export type ImageFormat = "JPEG" | "PNG" | "GIF" | "BMP";

export interface ImageHeader {
  readonly format: ImageFormat;
  readonly height: number;
  readonly width: number;
}

function startsWith(bytes: Uint8Array, magic: readonly number[] | string, at = 0): boolean {
  const expected = typeof magic === "string" ? Buffer.from(magic, "latin1") : magic;
  return expected.every((byte, i) => bytes[at + i] === byte);
}

/** What the bytes look like instead of a picture that we read, for an error message. */
function describe(bytes: Uint8Array): string {
  if (startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8)) return "it is a WebP picture";
  if (startsWith(bytes, "ftyp", 4)) return "it is an AVIF, HEIC or video file";
  if (startsWith(bytes, "II*\0") || startsWith(bytes, "MM\0*")) return "it is a TIFF picture";
  if (startsWith(bytes, "%PDF")) return "it is a PDF document";
  const start = Buffer.from(bytes.subarray(0, 24));
  const isText = start.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
  if (!isText) return `it starts with the bytes ${start.subarray(0, 8).toString("hex")}`;
  return `it is text that starts with ${JSON.stringify(start.toString("utf8").replace(/\s+/g, " "))}`;
}

/** The segment of a JPEG that holds its size; undefined where the file ends before it. */
function jpegSize(view: DataView): { height: number; width: number } | undefined {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    // Fill bytes and markers without a body.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else {
      const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
      if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
      at += 2 + view.getUint16(at + 2);
    }
  }
  return undefined;
}

/**
 * Format and size of an encoded picture.
 *
 * @param name what to call the picture in errors
 * @throws {Error} no bytes, not a JPEG, PNG, GIF or BMP, or too short to hold a size
 */
export function readImageHeader(bytes: Uint8Array, name: string): ImageHeader {
  if (bytes.length === 0) throw new Error(`${name} is empty (0 bytes). Get the file again.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cutOff = new Error(
    `${name} is cut off: its ${bytes.length} bytes end before the picture's size. Get the file again.`,
  );
  const long = (length: number) => {
    if (bytes.length < length) throw cutOff;
  };
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) {
    const size = jpegSize(view);
    if (!size) throw cutOff;
    return { format: "JPEG", ...size };
  }
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) {
    long(24);
    return { format: "PNG", width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (startsWith(bytes, "GIF87a") || startsWith(bytes, "GIF89a")) {
    long(10);
    return { format: "GIF", width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (startsWith(bytes, "BM")) {
    long(26);
    // A negative height means that the rows go from top to bottom.
    const height = Math.abs(view.getInt32(22, true));
    return { format: "BMP", width: Math.abs(view.getInt32(18, true)), height };
  }
  throw new Error(
    `${name} is not a picture in JPEG, PNG, GIF or BMP: ${describe(bytes)}. ` +
      "What counts is the content, not the file's extension; convert it or choose another file.",
  );
}
