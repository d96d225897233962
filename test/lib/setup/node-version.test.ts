import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setupFolder } from "../../../lib/setup/paths.mjs";
import { cleanUp, startNode } from "./helpers.ts";

describe("an old Node", () => {
  afterEach(cleanUp);

  /** Runs a command's first module as if by another Node. */
  function runAs(version: string) {
    const url = pathToFileURL(join(setupFolder, "node-version.mjs")).href;
    const program = `
      Object.defineProperty(process, "versions", { value: { node: "${version}" } });
      import("${url}").then(() => console.log("goes on"));`;
    return startNode(["--eval", program]).ended;
  }

  for (const version of ["12.22.12", "18.20.8", "20.18.3"]) {
    it(`${version} is told what is needed and how to get it`, async () => {
      const { code, output } = await runAs(version);
      assert.equal(code, 1);
      assert.match(
        output,
        new RegExp(`^Node ${version} is too old: .* 20\\.19 or newer\\.\\n {2}To mend it: nvm`),
      );
    });
  }

  for (const version of ["20.19.0", "22.0.0", "26.10.0"]) {
    it(`${version} is not one`, async () => {
      assert.deepEqual(await runAs(version), { code: 0, output: "goes on\n" });
    });
  }

  it("meets no other module before it is told", () => {
    for (const name of ["start", "test", "doctor", "build"]) {
      const source = readFileSync(join(setupFolder, `${name}.mjs`), "utf8");
      const imports = source.split("\n").filter((line) => line.startsWith("import "));
      assert.deepEqual(imports, ['import "./node-version.mjs";'], name);
    }
  });
});
