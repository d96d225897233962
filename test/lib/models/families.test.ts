import assert from "node:assert/strict";
import {
  googlenet,
  inceptionV3,
  lenet5,
  mobilenet,
  mobilenetV2,
  resnet18,
  resnet50,
  vgg16,
} from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { needsNativeBackend } from "../tensorflow/setup.ts";
import { describeFamilies, describeUse } from "./families.ts";

describe("Families of models", function () {
  needsNativeBackend(this);
  // The fast ones; the rest is run by `npm run test:parity`.
  describeFamilies([
    ...(["resnet18", "resnet50", "mobilenet", "mobilenetV2", "xception"] as const),
    ...([
      "lenet5",
      "googlenet",
      "googlenet, paper",
      "densenet121",
      "seResnet50",
      "efficientnetLite0",
    ] as const),
    "mobilenetV2, torchvision",
  ]);

  describeUse(["lenet5", "mobilenetV2, torchvision", "googlenet", "efficientnetLite0"]);

  it("refuses options that cannot be, and quotes them", async () => {
    const refused: [Promise<unknown>, RegExp][] = [
      [
        resnet50({ variant: "torch" }),
        /no variant "torch" of resnet50\. Expected "keras", "torchvision"/,
      ],
      [lenet5({ weights: "imagenet" }), /no published weights of lenet5/],
      [googlenet({ variant: "paper", weights: "imagenet" }), /no published.*variant "paper"/],
      [googlenet({ auxiliary: true, includeTop: false }), /auxiliary adds classifiers/],
      [resnet50({ weights: "no.h5" }), /weights is "no\.h5".*there is no file/],
      [resnet50({ width: 2 } as never), /resnet50 has no option "width"/],
      [
        vgg16({ weights: null, inputShape: [null, 64, 3] }),
        /inputShape is \[null,64,3\], but the classifier of vgg16 needs a fixed height and width/,
      ],
      [inceptionV3({ weights: null, inputShape: [74, 75, 3] }), /\[74,75,3\].*at least 75/],
      [
        mobilenet({ weights: null, width: 0 }),
        /width is 0, expected a number of at least 0\.03125/,
      ],
      [mobilenetV2({ weights: null, width: "1" as never }), /width is "1"/],
      [mobilenet({ weights: null, dropout: 1 }), /dropout is 1, expected 0 to below 1/],
    ];
    for (const [promise, message] of refused) await assert.rejects(promise, message);
  });

  it("learns: gradients reach every trainable weight", async () => {
    for (const family of [mobilenetV2, resnet18]) {
      const model = await family({ weights: null, classes: 3, inputShape: [32, 32, 3] });
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const { value, grads } = tf.variableGrads(
        () =>
          tf.losses.softmaxCrossEntropy(
            tf.oneHot(tf.tensor1d([0, 2], "int32"), 3),
            model.apply(tf.randomNormal([2, 32, 32, 3]), { training: true }) as tf.Tensor2D,
          ) as tf.Scalar,
        variables,
      );
      assert.equal(Object.keys(grads).length, variables.length);
      tf.dispose([value, grads]);
      model.dispose();
    }
  });
});
