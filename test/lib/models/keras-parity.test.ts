/** The fast part; the rest is run by `npm run test:parity`. */
import { mobilenet } from "../../../lib/models/index.ts";
import { needsNativeBackend, needsPython } from "../tensorflow/setup.ts";
import { describeParity } from "./keras-parity.ts";

describe("Parity with Keras", function () {
  needsNativeBackend(this);
  needsPython(this);
  const base = {
    family: mobilenet,
    application: "MobileNet",
    layers: ["conv_pw_3_relu", "conv_dw_12_bn"],
    inputShape: [64, 64, 3],
  } as const;
  describeParity([
    { ...base, format: "h5" },
    { ...base, format: "weights.h5", inputShape: [65, 71, 1], width: 0.5 },
    { ...base, format: "weights.h5 without names", includeTop: false, pooling: "avg" },
    { ...base, format: "keras" },
    { ...base, format: "h5 model", inputShape: [64, 96, 4] },
    { ...base, format: "h5 float16 gzip" },
  ]);
});
