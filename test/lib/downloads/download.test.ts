import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchDataset, fetchFile, localFile } from "../../../lib/downloads/cache.ts";
import type { CatalogFile } from "../../../lib/downloads/catalog.ts";
import { download } from "../../../lib/downloads/download.ts";
import type { Progress } from "../../../lib/downloads/progress.ts";

/** 1 MB in which every place is different. */
const content = Buffer.from(
  Uint32Array.from({ length: 250_000 }, (_, i) => Math.imul(i, 2654435761)).buffer,
);
const sha256 = createHash("sha256").update(content).digest("hex");

describe("download", () => {
  let server: Server;
  let folder: string;
  let target: string;
  /** How the server answers; set by each test. */
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let ranges: (string | undefined)[];

  before(async () => {
    server = createServer((request, response) => {
      ranges.push(request.headers.range);
      answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "download-test-"));
    target = join(folder, "cache", "data.bin");
    ranges = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = (more: Partial<CatalogFile> = {}): CatalogFile => ({
    path: "data.bin",
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.bin`,
    ...more,
  });

  /** A server that honours ranges and validators, and breaks the connection after so many bytes of an answer. */
  function serve({
    etag = '"1"' as string | null,
    breakAfter = Number.POSITIVE_INFINITY,
    body = content,
  } = {}) {
    answer = (request, response) => {
      const [, from = "0"] = /bytes=(\d+)-/.exec(request.headers.range ?? "") ?? [];
      const isRest = request.headers.range !== undefined && request.headers["if-range"] === etag;
      const start = isRest ? Number(from) : 0;
      const rest = body.subarray(start);
      response.statusCode = isRest ? 206 : 200;
      if (isRest)
        response.setHeader("content-range", `bytes ${start}-${body.length - 1}/${body.length}`);
      if (etag) response.setHeader("etag", etag);
      response.setHeader("content-length", rest.length);
      if (rest.length <= breakAfter) return void response.end(rest);
      response.write(rest.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 20));
    };
  }

  it("brings the file, and tells its progress", async () => {
    serve();
    const seen: Progress[] = [];
    await download(file({ sha256, bytes: content.length }), target, {
      onProgress: (at) => seen.push(at),
    });
    assert.deepEqual(await readFile(target), content);
    assert.deepEqual(await readdir(join(folder, "cache")), ["data.bin"]);
    assert.deepEqual(seen[0], { received: 0, total: content.length });
    assert.deepEqual(seen.at(-1), { received: content.length, total: content.length });
  });

  it("takes up a broken connection where it ended", async () => {
    serve({ breakAfter: 400_000 });
    await download(file({ sha256 }), target);
    assert.deepEqual(await readFile(target), content);
    assert.deepEqual(ranges, [undefined, "bytes=400000-", "bytes=800000-"]);
  });

  it("starts anew where the server cannot continue or the file has changed", async () => {
    const other = Buffer.from(content).reverse();
    serve({ etag: null, breakAfter: 400_000 });
    await assert.rejects(
      download(file(), target, { retries: 0 }),
      /interrupted: .*Run it again to start anew/,
    );
    assert.deepEqual(await readdir(join(folder, "cache")), []);

    serve({ breakAfter: 400_000 });
    await assert.rejects(download(file(), target, { retries: 0 }), /go on from byte 400000/);
    serve({ etag: '"2"', body: other });
    await download(file(), target);
    assert.deepEqual(await readFile(target), other);
  });

  it("goes on in the next process after it was killed", async () => {
    answer = (_, response) => {
      response.setHeader("etag", '"1"');
      response.setHeader("content-length", content.length);
      response.write(content.subarray(0, 300_000)); // and then nothing
    };
    const code = `import { download } from ${JSON.stringify(new URL("../../../lib/downloads/download.ts", import.meta.url).href)};
      download(${JSON.stringify(file())}, ${JSON.stringify(target)}, { onProgress: ({ received }) => received === 300000 && console.log("now") });`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const left = await readdir(join(folder, "cache"));
    assert.ok(!left.includes("data.bin") && left.some((name) => name.endsWith(".part")));
    serve();
    await download(file({ sha256 }), target);
    assert.deepEqual(await readFile(target), content);
    assert.deepEqual(ranges, [undefined, "bytes=300000-"]);
    assert.deepEqual(await readdir(join(folder, "cache")), ["data.bin"]);
  });

  it("refuses a wrong checksum or length, and leaves nothing", async () => {
    serve();
    await assert.rejects(
      download(file({ sha256: "0".repeat(64) }), target),
      new RegExp(`has the SHA-256 ${sha256}, expected 0{64}`),
    );
    await assert.rejects(download(file({ bytes: 5 }), target), /sent 1000000 bytes, expected 5/);
    assert.deepEqual(await readdir(join(folder, "cache")), []);
  });

  it("says what the server answered, and what else to do", async () => {
    answer = (_, response) => void response.writeHead(404).end("gone");
    await assert.rejects(download(file(), target), /answered 404 Not Found\. .*CONVNET_LAB_MIRROR/);
    assert.equal(ranges.length, 1);
    answer = (_, response) => void response.writeHead(503).end();
    await assert.rejects(download(file(), target), /cannot be reached: .*answered 503/);
    assert.deepEqual(await readdir(join(folder, "cache")), []);
  });

  it("says that there is no network", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const nowhere = `http://127.0.0.1:${port}/data.bin`;
    await assert.rejects(
      download(file({ address: nowhere }), target),
      /cannot be reached: .*ECONNREFUSED.*network/,
    );
    await assert.rejects(
      download(file({ address: "http://no-such-host.invalid/data.bin" }), target),
      /cannot be reached: .*no-such-host\.invalid/,
    );
    assert.deepEqual(await readdir(join(folder, "cache")), []);
  });

  it("gives up on a silent connection", async () => {
    answer = () => {};
    await assert.rejects(
      download(file(), target, { stallTimeout: 200 }),
      /cannot be reached: nothing came for 0\.2 s/,
    );
    answer = (_, response) => {
      response.setHeader("etag", '"1"');
      response.write(content.subarray(0, 1000));
    };
    await assert.rejects(
      download(file(), target, { stallTimeout: 200, retries: 0 }),
      /interrupted: nothing came for 0\.2 s\. Run it again to go on from byte 1000/,
    );
  });

  it("stops when it is told to", async () => {
    answer = (_, response) => void response.write(content.subarray(0, 1000));
    const controller = new AbortController();
    const stopped = download(file(), target, {
      signal: controller.signal,
      onProgress: ({ received }) => received > 0 && controller.abort(new Error("enough")),
    });
    await assert.rejects(stopped, /enough/);
    assert.ok(!(await readdir(join(folder, "cache"))).includes("data.bin"));
  });

  it("says that the disk is too small before it begins", async () => {
    serve();
    await assert.rejects(
      download(file({ bytes: 2 ** 60 }), target),
      /data\.bin needs \d+\.\d MB, but only \d+\.\d MB are free/,
    );
    assert.equal(ranges.length, 0);
  });

  it("says that the disk became full, and leaves it as it was (needs the right to mount a disk)", async function () {
    const disk = join(folder, "disk");
    await mkdir(disk);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", disk]).status !== 0) {
      this.skip();
    }
    try {
      // No length is told, so that only writing can find out.
      answer = (_, response) => {
        response.write(content);
        response.end();
      };
      await assert.rejects(
        download(file(), join(disk, "data.bin")),
        /There is no space for data\.bin in .*CONVNET_LAB_CACHE/,
      );
      assert.deepEqual(await readdir(disk), []);
    } finally {
      spawnSync("umount", [disk]);
    }
  });

  it("says that the cache folder cannot be made", async () => {
    serve();
    await writeFile(join(folder, "cache"), "a file");
    await assert.rejects(download(file(), target), /cache folder .* cannot be made/);
  });
});

describe("fetchFile", () => {
  let folder: string;
  let requests: number;
  let server: Server;
  const { CONVNET_LAB_CACHE, CONVNET_LAB_MIRROR } = process.env;
  const restore = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cache-test-"));
    process.env.CONVNET_LAB_CACHE = join(folder, "cache");
    delete process.env.CONVNET_LAB_MIRROR;
    requests = 0;
    server = createServer((_, response) => {
      requests += 1;
      response.end(content);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.close();
    restore("CONVNET_LAB_CACHE", CONVNET_LAB_CACHE);
    restore("CONVNET_LAB_MIRROR", CONVNET_LAB_MIRROR);
    await rm(folder, { recursive: true });
  });
  const file = () => ({
    path: "set/data.bin",
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sha256,
  });
  const quiet = { onProgress: () => {} };

  it("downloads once, also for calls at the same time", async () => {
    assert.equal(localFile(file()), undefined);
    const paths = await Promise.all([fetchFile(file(), quiet), fetchFile(file(), quiet)]);
    assert.deepEqual(paths, Array(2).fill(join(folder, "cache", "set", "data.bin")));
    assert.equal(await fetchFile(file(), quiet), paths[0]);
    assert.equal(localFile(file()), paths[0]);
    assert.equal(requests, 1);
  });

  it("takes what a mirror has as it is, and downloads the rest", async () => {
    process.env.CONVNET_LAB_MIRROR = join(folder, "mirror");
    await assert.rejects(
      fetchFile(file(), quiet),
      /CONVNET_LAB_MIRROR names the folder ".*", which does not exist/,
    );
    await mkdir(join(folder, "mirror", "set"), { recursive: true });
    await fetchFile({ ...file(), path: "other.bin" }, quiet);
    assert.equal(requests, 1);
    await writeFile(join(folder, "mirror", "set", "data.bin"), "packed otherwise");
    assert.equal(await fetchFile(file(), quiet), join(folder, "mirror", "set", "data.bin"));
    assert.equal(requests, 1);
  });

  it("finds whole datasets in a mirror, and refuses unknown ones", async function () {
    const mirror = new URL("../../../../shared/data", import.meta.url).pathname;
    const present = await readdir(mirror).catch((): string[] => []);
    await assert.rejects(
      fetchDataset("minst" as never),
      /no dataset "minst"; there are mnist, flowers/,
    );
    if (!present.includes("mnist")) this.skip();
    process.env.CONVNET_LAB_MIRROR = mirror;
    const paths = await fetchDataset("mnist");
    assert.deepEqual(
      paths.map((path) => path.slice(mirror.length + 1)),
      ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map(
        (name) => `mnist/${name}-ubyte.gz`,
      ),
    );
    for (const name of ["hymenoptera", "penn-fudan", "bccd"] as const) {
      const [path] = await fetchDataset(name);
      assert.ok(path?.startsWith(mirror), name);
    }
  });
});
