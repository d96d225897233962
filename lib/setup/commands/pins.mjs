/**
 * `npm run pins`: resolves requirements.in for every supported Python and platform at once, and writes the
 * exact versions. Run it after a change of requirements.in or of TensorFlow's version below.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requirementsFile, setupFolder, venvPython } from "../paths.mjs";
import { execute } from "../tools/child.mjs";
import { findPython, oldestPython } from "../tools/python.mjs";
import { runMain } from "./main.mjs";

const tensorflow = "2.21.0";
const resolver = "uv==0.13.9";

/** Where TensorFlow publishes wheels, and in which package. Elsewhere the set-up does without TensorFlow. */
const smallWheel =
  "(sys_platform == 'linux' and platform_machine == 'x86_64') or (sys_platform == 'win32' and platform_machine == 'AMD64')";
const fullWheel =
  "(sys_platform == 'linux' and platform_machine == 'aarch64') or (sys_platform == 'darwin' and platform_machine == 'arm64')";

const cpu = [
  `tensorflow-cpu==${tensorflow} ; ${smallWheel}`,
  `tensorflow==${tensorflow} ; ${fullWheel}`,
];
const gpu = [`tensorflow[and-cuda]==${tensorflow} ; sys_platform == 'linux'`];
const header = "# Written by `npm run pins` from requirements.in: change that and run it.\n";

await runMain(async () => {
  const work = mkdtempSync(join(tmpdir(), "convnet-lab-pins-"));
  try {
    const { file } = await findPython();
    await execute(file, ["-m", "venv", join(work, "venv")]);
    await execute(venvPython(join(work, "venv")), ["-m", "pip", "install", "--quiet", resolver]);

    /** @param {readonly string[]} lines @param {readonly string[]} options */
    const resolve = async (lines, options) => {
      const input = join(work, "input.in");
      const output = join(work, "output.txt");
      writeFileSync(input, `${lines.join("\n")}\n`);
      rmSync(output, { force: true });
      await execute(venvPython(join(work, "venv")), [
        ...["-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version"],
        ...[oldestPython, "--only-binary", ":all:", "--no-header", "--no-annotate"],
        ...[...options, "--output-file", output, input],
      ]);
      return readFileSync(output, "utf8");
    };

    const direct = readFileSync(join(setupFolder, "requirements.in"), "utf8");
    const common = await resolve(
      [direct, ...cpu],
      ["--no-emit-package", "tensorflow", "--no-emit-package", "tensorflow-cpu"],
    );
    writeFileSync(requirementsFile("common"), header + common);
    const link = `${header}-r requirements.txt\n`;
    writeFileSync(requirementsFile("cpu"), `${link}${cpu.join("\n")}\n`);

    const withCuda = await resolve(gpu, ["--constraint", requirementsFile("common")]);
    const cuda = withCuda.split("\n").filter((line) => line.startsWith("nvidia-"));
    writeFileSync(requirementsFile("gpu"), `${link}${[...gpu, ...cuda].join("\n")}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
