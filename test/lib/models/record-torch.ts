/**
 * Records what torchvision and timm compute: `node --import tsx -C convnet-lab-source test/lib/models/record-torch.ts`,
 * with CONVNET_LAB_TORCH naming a Python that has torch, torchvision, timm and safetensors.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { torchCases } from "./torch-cases.ts";

const python = process.env.CONVNET_LAB_TORCH;
if (!python) throw new Error("CONVNET_LAB_TORCH names no Python that has torch.");
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "torch-record-"));
const { status } = spawnSync(python, [file("torch_reference.py"), folder], {
  input: JSON.stringify(Object.values(torchCases)),
  stdio: ["pipe", "inherit", "inherit"],
});
if (status !== 0) throw new Error(`torch_reference.py ended with ${status}.`);
mkdirSync(file("torch"), { recursive: true });
for (const [i, name] of Object.keys(torchCases).entries()) {
  writeFileSync(file(`torch/${name}.json`), `${readFileSync(join(folder, `${i}.json`), "utf8")}\n`);
}
rmSync(folder, { recursive: true });
