/** Every network of torchvision and timm that ours are compared with. Takes minutes: `npm run test:parity`. */

import { type TorchCaseName, torchCases } from "../lib/models/torch-cases.ts";
import { describeRecordedParity } from "../lib/models/torch-parity.ts";
import { needsNativeBackend } from "../lib/tensorflow/setup.ts";

describe("Parity with torchvision and timm, recorded, all", function () {
  needsNativeBackend(this);
  describeRecordedParity(Object.keys(torchCases) as TorchCaseName[]);
});
