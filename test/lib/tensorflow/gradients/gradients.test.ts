import { tf } from "convnet-lab/tensorflow";
import { checkGradients } from "./numeric.ts";
import {
  activations,
  convolutions,
  networks,
  pooling,
  resizing,
  sampling,
  structure,
} from "./table.ts";

describe("gradients", () => {
  before(function () {
    if (tf.getBackend() !== "tensorflow") this.skip();
  });

  const groups = { convolutions, pooling, resizing, activations, structure, networks, sampling };
  for (const [group, cases] of Object.entries(groups)) {
    describe(group, () => {
      for (const testCase of cases) {
        it(testCase.name, () => checkGradients(testCase));
      }
    });
  }
});
