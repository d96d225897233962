import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setupFolder } from "../../../lib/setup/paths.mjs";
import { CommandError, execute } from "../../../lib/setup/tools/child.mjs";
import { cleanUp, isAlive, startNode, temporaryFolder, until } from "./helpers.ts";

/** Prints its process id, ignores requests to end, and starts a process that does the same. */
const stubborn = `
  import { spawn } from "node:child_process";
  process.on("SIGTERM", () => {});
  console.log("pid " + process.pid);
  if (process.argv[2] === "parent") {
    spawn(process.execPath, [process.argv[1]], { stdio: "inherit" });
  }
  setInterval(() => {}, 1e6);`;

describe("programs that the set-up runs", () => {
  afterEach(cleanUp);

  it("give their output, line by line", async () => {
    const lines: string[] = [];
    const output = await execute(
      process.execPath,
      ["-e", 'console.log("a\\nb"); console.error("c")'],
      {
        onLine: (line) => lines.push(line),
      },
    );
    assert.deepEqual(lines.sort(), ["a", "b", "c"]);
    assert.deepEqual(output.trim().split("\n").sort(), ["a", "b", "c"]);
  });

  it("fail with their exit code and output", async () => {
    const failing = execute(process.execPath, ["-e", 'console.error("why"); process.exit(3)']);
    await assert.rejects(failing, (error) => {
      assert(error instanceof CommandError);
      assert.deepEqual([error.code, error.tail], [3, "why"]);
      return true;
    });
  });

  it("fail where there is no such program", async () => {
    await assert.rejects(execute("no-such-program", []), (error) => {
      assert(error instanceof CommandError);
      assert.match(error.tail, /ENOENT/);
      return true;
    });
  });

  it("end with all that they started when we are killed", async () => {
    const folder = temporaryFolder();
    const script = join(folder, "stubborn.mjs");
    writeFileSync(script, stubborn);
    const runner = join(folder, "runner.mjs");
    const child = pathToFileURL(join(setupFolder, "tools", "child.mjs")).href;
    writeFileSync(
      runner,
      `import { execute } from ${JSON.stringify(child)};
       await execute(process.execPath, [${JSON.stringify(script)}, "parent"], { onLine: console.log });`,
    );
    const run = startNode([runner]);
    const pids = await until(() => {
      const found = [...run.output().matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
      return found.length === 2 && found;
    });
    assert.deepEqual(pids.map(isAlive), [true, true]);
    run.child.kill("SIGKILL");
    await until(() => !pids.some(isAlive));
  });
});
