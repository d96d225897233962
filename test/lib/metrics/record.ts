/**
 * Writes recorded/*.json anew, from what the originals say now:
 * `node --import tsx -C convnet-lab-source test/lib/metrics/record.ts`.
 */
import { peerPython } from "../../bench/peers.ts";
import { cocoCases } from "./coco-cases.ts";
import { maskCases } from "./mask-cases.ts";
import { evaluateIn, record } from "./reference.ts";
import { sklearnCases } from "./sklearn-cases.ts";

const python = await peerPython(console.log);
const sources: Record<string, [script: string, cases: unknown]> = {
  coco: ["pycocotools_reference.py", cocoCases()],
  masks: ["masks_reference.py", maskCases()],
  tide: ["tide_reference.py", cocoCases()],
  sklearn: ["sklearn_reference.py", sklearnCases()],
};
for (const [name, [script, cases]] of Object.entries(sources)) {
  record(name, await evaluateIn(python, script, cases));
  console.log(`recorded ${name}`);
}
