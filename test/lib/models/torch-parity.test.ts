/** The fast part; the rest is run by `npm run test:parity`. */
import { needsNativeBackend } from "../tensorflow/setup.ts";
import { describeRecordedParity } from "./torch-parity.ts";

describe("Parity with torchvision and timm, recorded", function () {
  needsNativeBackend(this);
  describeRecordedParity(["resnet18", "googlenet", "googlenetGray", "mobilenetV2", "densenet121"]);
});
