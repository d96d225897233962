/** Every family of models; VGG alone makes 138 million random numbers. */
import { describeFamilies, describeUse, familyNames } from "../lib/models/families.ts";
import { needsNativeBackend } from "../lib/tensorflow/setup.ts";

describe("All families of models", function () {
  needsNativeBackend(this);
  this.timeout(300_000);
  describeFamilies(familyNames);
  describeUse(familyNames);
});
