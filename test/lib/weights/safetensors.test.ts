import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  readSafetensors,
  safetensorsNames,
  weightsFormat,
  writeSafetensors,
} from "../../../lib/weights/index.ts";

/** A file with the given header and bytes of data. */
function file(header: unknown, data: Uint8Array): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

describe("safetensors", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "safetensors-"));
    path = join(folder, "w.safetensors");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("come back as they were written, empty ones too", async () => {
    const tensors = new Map([
      ["a.weight", { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) }],
      ["ä", { shape: [], data: Float32Array.of(7) }],
      ["none", { shape: [0, 4], data: new Float32Array() }],
    ]);
    await writeSafetensors(path, tensors, { format: "pt" });
    assert.deepEqual(await readdir(folder), ["w.safetensors"]);
    const read = await readSafetensors(path);
    assert.deepEqual(
      new Map([...read].map(([name, { shape, data }]) => [name, { shape, data }])),
      tensors,
    );
    assert.deepEqual(await safetensorsNames(path), ["a.weight", "ä", "none"]);
    assert.equal(await weightsFormat(path), "safetensors");
    const bytes = await readFile(path);
    assert.equal((8 + Number(bytes.readBigUInt64LE())) % 8, 0);
    const wrong = new Map([["a", { shape: [2], data: Float32Array.of(1) }]]);
    await assert.rejects(writeSafetensors(path, wrong), /"a" has 1 values, .* \[2\] needs 2/);
    assert.deepEqual(await readdir(folder), ["w.safetensors"]);
  });

  it("reads each type of numbers", async () => {
    const data = Buffer.alloc(2 + 2 + 8 + 8 + 1);
    data.writeUInt16LE(0x3e00, 0); // 1.5 in half precision
    data.writeUInt16LE(0xc020, 2); // −2.5 in bfloat16
    data.writeDoubleLE(0.1, 4);
    data.writeBigInt64LE(-3n, 12);
    data.writeUInt8(1, 20);
    const header = {
      half: { dtype: "F16", shape: [1], data_offsets: [0, 2] },
      brain: { dtype: "BF16", shape: [1], data_offsets: [2, 4] },
      double: { dtype: "F64", shape: [], data_offsets: [4, 12] },
      long: { dtype: "I64", shape: [1], data_offsets: [12, 20] },
      bool: { dtype: "BOOL", shape: [1], data_offsets: [20, 21] },
    };
    await writeFile(path, file(header, data));
    const read = await readSafetensors(path);
    assert.deepEqual(
      [...read].map(([name, tensor]) => [name, tensor.dtype, tensor.data[0]]),
      [
        ["half", "float16", 1.5],
        ["brain", "bfloat16", -2.5],
        ["double", "float64", 0.1],
        ["long", "int64", -3n],
        ["bool", "bool", 1],
      ],
    );
  });

  const entry = (start: number, end: number, shape: unknown = [1], dtype = "F32") => ({
    ...{ dtype, shape, data_offsets: [start, end] },
  });
  const hostile: [title: string, header: unknown, bytes: number, message: RegExp][] = [
    ["overlapping tensors", { a: entry(0, 4), b: entry(2, 6) }, 6, /"b" starts .* overlaps/],
    ["two names of one place", { a: entry(0, 4), b: entry(0, 4) }, 4, /"b" starts .* overlaps/],
    ["a gap", { a: entry(0, 4), b: entry(8, 12) }, 12, /"b" starts at byte 8 .* gap from byte 4/],
    ["data of no tensor", { a: entry(0, 4) }, 12, /8 bytes behind the last tensor/],
    ["offsets beyond the end", { a: entry(0, 400, [100]) }, 4, /at bytes 0 to 400 of 4/],
    ["absurd offsets", { a: entry(0, 2 ** 60, [1]) }, 4, /"a" (has the offsets|is said to be)/],
    ["negative offsets", { a: entry(-4, 0) }, 4, /has the offsets \[-4,0\]/],
    ["offsets in the wrong order", { a: entry(4, 0) }, 4, /at bytes 4 to 0/],
    ["a shape of another size", { a: entry(0, 4, [2]) }, 4, /has 4 bytes, expected 8/],
    ["an absurd shape", { a: entry(0, 4, [1e15, 1e15]) }, 4, /has 4 bytes, expected/],
    ["a negative length", { a: entry(0, 4, [-1]) }, 4, /has the shape \[-1\]/],
    ["no shape", { a: { dtype: "F32", data_offsets: [0, 4] } }, 4, /has the shape undefined/],
    ["an unknown type", { a: entry(0, 4, [1], "F4") }, 4, /type "F4", expected one of/],
    ["nothing for a tensor", { a: null }, 0, /element type undefined/],
    ["a list", [], 0, /header is not an object/],
    ["no JSON", "{", 0, /header is not JSON/],
  ];
  for (const [title, header, bytes, message] of hostile) {
    it(`refuses ${title}`, async () => {
      await writeFile(path, file(header, new Uint8Array(bytes)));
      await assert.rejects(readSafetensors(path), message);
    });
  }

  it("refuses what is missing, cut off or claims a header longer than the file", async () => {
    await assert.rejects(readSafetensors(path), /does not exist\. Check the path/);
    await writeFile(path, "abc");
    await assert.rejects(readSafetensors(path), /cut off: it has 3 bytes/);
    await writeFile(path, Buffer.from("ffffffffffffffff7b7d", "hex"));
    await assert.rejects(readSafetensors(path), /header is said to have/);
    await writeSafetensors(path, new Map([["a", { shape: [4], data: new Float32Array(4) }]]));
    const whole = await readFile(path);
    for (const length of [12, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length));
      await assert.rejects(readSafetensors(path), /is cut off|is said to be|not JSON/);
    }
  });

  it("tells the kinds of files apart by their content", async () => {
    const kinds: [name: string, content: string | Buffer, kind: string | RegExp][] = [
      ["a.bin", "\x89HDF\r\n\x1a\n…", "keras"],
      ["b.bin", Buffer.from("8002", "hex"), "torch"],
      ["c.bin", file({}, new Uint8Array()), "safetensors"],
      ["d.json", "{}", "tfjs"],
      ["e.bin", "text", "torch"],
      ["f.txt", "text", /of no kind that is known/],
      ["g.h5", "", /is empty/],
    ];
    for (const [name, content, kind] of kinds) {
      const at = join(folder, name);
      await writeFile(at, typeof content === "string" ? Buffer.from(content, "latin1") : content);
      if (typeof kind === "string") assert.equal(await weightsFormat(at), kind, name);
      else await assert.rejects(weightsFormat(at), kind);
    }
    await assert.rejects(weightsFormat(folder), /is a folder, but has neither/);
    await assert.rejects(weightsFormat(join(folder, "none")), /does not exist/);
  });
});
