import assert from "node:assert/strict";
import { join } from "node:path";
import { parseStartOptions } from "../../../lib/setup/commands/start-options.mjs";
import { Problem } from "../../../lib/setup/engine/problem.mjs";
import { setupFolder } from "../../../lib/setup/paths.mjs";
import { cleanUp, startNode } from "./helpers.ts";

describe("options of npm start", () => {
  afterEach(cleanUp);

  it("opens a browser on a free port by default", () => {
    const { setupOnly, browser, port, variant } = parseStartOptions([]);
    assert.deepEqual([setupOnly, browser, port, variant], [false, true, undefined, undefined]);
  });

  it("takes what it is told", () => {
    const options = parseStartOptions(["--setup-only", "--no-browser", "--port", "9000", "--gpu"]);
    assert.deepEqual(options, {
      setupOnly: true,
      browser: false,
      help: false,
      port: 9000,
      variant: "gpu",
    });
  });

  const wrong: [args: string[], message: RegExp][] = [
    [["--nobrowser"], /--nobrowser/],
    [["lessons"], /lessons/],
    [["--gpu", "--cpu"], /--gpu and --cpu exclude each other/],
    [["--port"], /--port/],
    ...["0", "65536", "http", "88.5", ""].map((port): [string[], RegExp] => [
      [`--port=${port}`],
      new RegExp(`"${port}" is not a port: .* 1 to 65535`),
    ]),
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(" ")}`, () => {
      assert.throws(
        () => parseStartOptions(args),
        (error) => {
          assert(error instanceof Problem);
          assert.match(error.message, message);
          assert(error.mend);
          return true;
        },
      );
    });
  }

  it("prints one error and does nothing else", async () => {
    const { code, output } = await startNode([join(setupFolder, "start.mjs"), "--foo"]).ended;
    assert.equal(code, 1);
    assert.match(output, /^\nUnknown option '--foo'\.\n {2}To mend it: .*--help.*\n$/);
  });

  it("explains itself", async () => {
    const { code, output } = await startNode([join(setupFolder, "start.mjs"), "--help"]).ended;
    assert.equal(code, 0);
    for (const name of ["--setup-only", "--no-browser", "--port", "--gpu", "--cpu"]) {
      assert(output.includes(name));
    }
  });
});
