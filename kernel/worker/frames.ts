/**
 * Messages as bytes on a pipe: the length of all that follows, the length of the JSON, the JSON, and then binary
 * buffers, each after its own length. Lengths are unsigned 32-bit integers, big-endian.
 */

export interface Frame {
  readonly message: unknown;
  readonly buffers: readonly Uint8Array[];
}

export function encodeFrame(message: object, buffers: readonly Uint8Array[] = []): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const total = buffers.reduce((sum, { byteLength }) => sum + 4 + byteLength, 4 + json.length);
  const frame = Buffer.allocUnsafe(4 + total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(json.length, 4);
  frame.set(json, 8);
  let offset = 8 + json.length;
  for (const buffer of buffers) {
    frame.writeUInt32BE(buffer.byteLength, offset);
    frame.set(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength), offset + 4);
    offset += 4 + buffer.byteLength;
  }
  return frame;
}

/** Puts frames together again from what a pipe delivers in pieces. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #length = 0;

  /** @returns the frames that are complete now */
  push(piece: Buffer): Frame[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const frames: Frame[] = [];
    for (;;) {
      if (this.#length < 4) return frames;
      const total = this.#peekLength();
      if (this.#length < 4 + total) return frames;
      const bytes = this.#joined();
      frames.push(decode(bytes.subarray(4, 4 + total)));
      this.#pieces = [bytes.subarray(4 + total)];
      this.#length -= 4 + total;
    }
  }

  #peekLength(): number {
    if (this.#pieces[0]!.length < 4) this.#joined();
    return this.#pieces[0]!.readUInt32BE(0);
  }

  /** Only when a frame is complete, so that a large one is not copied with each piece of it. */
  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }
}

function decode(body: Buffer): Frame {
  const jsonEnd = 4 + body.readUInt32BE(0);
  const buffers: Uint8Array[] = [];
  for (let offset = jsonEnd; offset < body.length; ) {
    const start = offset + 4;
    const end = start + body.readUInt32BE(offset);
    // A copy, as the rest of what the pipe delivered together would stay in memory with it.
    buffers.push(Uint8Array.prototype.slice.call(body, start, end));
    offset = end;
  }
  return { message: JSON.parse(body.toString("utf8", 4, jsonEnd)), buffers };
}
