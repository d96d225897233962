import { strict as assert } from "node:assert";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { extractArchive } from "convnet-lab/data";
import * as tar from "tar";

interface Entry {
  readonly path: string;
  readonly content?: string;
  readonly mode?: number;
  /** In place of the true ones. */
  readonly crc?: number;
  readonly size?: number;
}

/** A zip file, right or wrong. */
function zip(entries: readonly Entry[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { path, content = "", mode = 0o100644, crc, size } of entries) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const name = Buffer.from(path);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc ?? crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size ?? bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const header = Buffer.concat([Buffer.from("PK\x03\x04"), fields, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    const made = Buffer.from([20, 3]);
    central.push(Buffer.concat([Buffer.from("PK\x01\x02"), made, fields, rest, name]));
    local.push(header);
    at += header.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, directory, Buffer.from("PK\x05\x06"), end]);
}

describe("Archives", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "archive-"));
    mkdirSync(join(folder, "cache"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const target = () => join(folder, "cache", "data");
  const zipFile = (entries: readonly Entry[]) => {
    const path = join(folder, "data.zip");
    writeFileSync(path, zip(entries));
    return path;
  };
  /** Refused, and nothing of it is left anywhere. */
  async function isRefused(archive: string, reason: RegExp, options = {}): Promise<void> {
    const before = readdirSync(folder).sort();
    await assert.rejects(extractArchive(archive, target(), options), reason);
    assert.deepEqual(readdirSync(join(folder, "cache")), []);
    assert.deepEqual(readdirSync(folder).sort(), before);
  }

  it("come out whole, with folders made where they are not named", async () => {
    const archive = zipFile([
      { path: "a/", mode: 0o040755 },
      { path: "a/one.txt", content: "one" },
      { path: "b/c/empty" },
    ]);
    await extractArchive(archive, target());
    assert.equal(readFileSync(join(target(), "a/one.txt"), "utf8"), "one");
    assert.equal(readFileSync(join(target(), "b/c/empty"), "utf8"), "");
    assert.deepEqual(readdirSync(join(folder, "cache")), ["data"]);
  });

  it("are not extracted again, and what a dead process has left half-done is removed", async () => {
    mkdirSync(`${target()}.999999999.part`);
    await extractArchive(zipFile([{ path: "x", content: "1" }]), target());
    await extractArchive(zipFile([{ path: "x", content: "2" }]), target());
    assert.equal(readFileSync(join(target(), "x"), "utf8"), "1");
    assert.deepEqual(readdirSync(join(folder, "cache")), ["data"]);
  });

  for (const path of ["../evil", "a/../../evil", "/evil", "C:/evil", "a\\..\\..\\evil"]) {
    it(`are refused for an entry ${path}`, () =>
      isRefused(
        zipFile([
          { path: "good", content: "g" },
          { path, content: "bad" },
        ]),
        /data\.zip cannot be extracted: /,
      ));
  }

  it("are refused for links, in zip and tar", async () => {
    const link = { path: "link", content: "/etc/passwd", mode: 0o120777 };
    await isRefused(zipFile([link]), /link in it is a link/);
    symlinkSync("/etc/passwd", join(folder, "passwd"));
    const archive = join(folder, "links.tgz");
    await tar.create({ gzip: true, file: archive, cwd: folder }, ["passwd"]);
    await isRefused(archive, /passwd in it is a SymbolicLink/);
  });

  it("are refused for tar entries that lead out, though tar would only strip them", async () => {
    writeFileSync(join(folder, "x"), "x");
    const archive = join(folder, "out.tgz");
    await tar.create(
      { gzip: true, file: archive, cwd: join(folder, "cache"), preservePaths: true },
      ["../x"],
    );
    await isRefused(archive, /"\.\.\/x" in it leads out of the folder/);
  });

  it("are refused where they hold more than the limits, whatever their headers say", async () => {
    const big = "0".repeat(100_000);
    const archive = zipFile([{ path: "big", content: big }]);
    await isRefused(archive, /more than 50000 bytes/, { maxBytes: 50_000 });
    await isRefused(zipFile([{ path: "big", content: big, size: 10 }]), /cannot be extracted/);
    await isRefused(zipFile([{ path: "1" }, { path: "2" }]), /more than 1 entries/, {
      maxEntries: 1,
    });
    writeFileSync(join(folder, "big"), big);
    const tgz = join(folder, "big.tgz");
    await tar.create({ gzip: true, file: tgz, cwd: folder }, ["big"]);
    await isRefused(tgz, /more than 50000 bytes/, { maxBytes: 50_000 });
  });

  it("are refused where they are damaged, or are none", async () => {
    await isRefused(zipFile([{ path: "x", content: "x", crc: 1 }]), /x in it has a wrong checksum/);
    const cut = join(folder, "cut.zip");
    writeFileSync(cut, zip([{ path: "x", content: "x" }]).subarray(0, 40));
    await isRefused(cut, /cut\.zip cannot be extracted/);
    writeFileSync(join(folder, "big"), "0".repeat(5000));
    const whole = join(folder, "whole.tgz");
    await tar.create({ gzip: true, file: whole, cwd: folder }, ["big"]);
    const half = join(folder, "half.tgz");
    writeFileSync(half, readFileSync(whole).subarray(0, 60));
    await isRefused(half, /half\.tgz cannot be extracted/);
    const text = join(folder, "text.tgz");
    writeFileSync(text, "no archive");
    await isRefused(text, /text\.tgz cannot be extracted/);
    await isRefused(join(folder, "x.rar"), /no archive that can be read/);
    assert.ok(!existsSync(target()));
  });
});
