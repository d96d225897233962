/** Bytes of a file at any place, of which none is taken on trust: what points outside of the file is an error. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** What a file says that cannot be; the message says what, not of which file. */
export class Damaged extends Error {}

/** What is whole, and yet nothing for weights; the message continues the file's name. */
export class Unfit extends Error {}

/** What HDF5 has and this reader has not; the HDF5 group's library may read the file. */
export class Unsupported extends Error {}

/** An address that stands for nothing. */
export const NOWHERE = 0xffffffffffffffffn;

/** A part of a file, read from its beginning on. */
export class Bytes {
  readonly buffer: Buffer;
  position = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  get left(): number {
    return this.buffer.length - this.position;
  }

  #advance(length: number): number {
    const at = this.position;
    if (length > this.left) throw new Damaged("a part of its structure is cut off");
    this.position += length;
    return at;
  }

  skip(length: number): void {
    this.#advance(length);
  }

  take(length: number): Buffer {
    const at = this.#advance(length);
    return this.buffer.subarray(at, at + length);
  }

  uint8(): number {
    return this.buffer.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.buffer.readUInt16LE(this.#advance(2));
  }

  uint32(): number {
    return this.buffer.readUInt32LE(this.#advance(4));
  }

  uint64(): bigint {
    return this.buffer.readBigUInt64LE(this.#advance(8));
  }

  /** A length or a place in a file; more than 2^53 is no file's. */
  length64(): number {
    const value = this.uint64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Damaged(`it claims a length of ${value}`);
    return Number(value);
  }

  expect(signature: string): void {
    const found = this.take(signature.length).toString("latin1");
    if (found !== signature) {
      throw new Damaged(`it has ${JSON.stringify(found)} where "${signature}" belongs`);
    }
  }
}

/** A file that is open, or the bytes of one in memory. */
export class Source {
  readonly size: number;
  readonly #memory: Uint8Array | undefined;
  readonly #file: number | undefined;

  /** @throws the error of the file system */
  constructor(file: string | Uint8Array) {
    if (typeof file === "string") {
      this.#file = openSync(file, "r");
      this.size = fstatSync(this.#file).size;
    } else {
      this.#memory = file;
      this.size = file.length;
    }
  }

  #check(start: number, length: number): void {
    if (start + length <= this.size) return;
    throw new Damaged(`truncated file: ${length} bytes are said to be at ${start} of ${this.size}`);
  }

  /** Fills an array with the bytes from `start` on. */
  readInto(target: Uint8Array, start: number): void {
    this.#check(start, target.length);
    if (this.#memory) {
      target.set(this.#memory.subarray(start, start + target.length));
      return;
    }
    for (let done = 0; done < target.length; ) {
      const count = readSync(
        this.#file as number,
        target,
        done,
        target.length - done,
        start + done,
      );
      if (count === 0) throw new Damaged("the file became shorter while it was read");
      done += count;
    }
  }

  at(start: number, length: number): Bytes {
    // Checked before memory is asked for.
    this.#check(start, length);
    const buffer = Buffer.alloc(length);
    this.readInto(buffer, start);
    return new Bytes(buffer);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
