/** One table of all families: parameters, shapes, channels, sizes; no memory stays in use. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Architecture,
  type ArchitectureName,
  alexnet,
  architectures,
  densenet121,
  densenet169,
  densenet201,
  efficientnetLite0,
  featurePyramid,
  googlenet,
  inceptionResnetV2,
  inceptionV3,
  inceptionV4,
  lenet5,
  type ModelOptions,
  mobilenet,
  mobilenetV2,
  resnet18,
  resnet34,
  resnet50,
  resnet50V2,
  resnet101,
  resnet101V2,
  resnet152,
  resnet152V2,
  seResnet50,
  vgg16,
  vgg19,
  xception,
} from "../../../lib/models/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { fit, SGD } from "../../../lib/training/index.ts";

type Family = (options: ModelOptions) => Promise<tf.LayersModel>;

interface Row {
  readonly family: Family;
  /** By default the family's first. */
  readonly variant?: string;
  /** All weights as Keras counts, or those that torchvision counts: the trainable ones. */
  readonly parameters: number;
  readonly counts?: "all" | "trainable";
  readonly features: number;
  /** The size of the last feature maps of a picture of 75×107. */
  readonly maps: readonly [height: number, width: number];
}

/** Height and width for the tests of shapes: odd and not square. */
const height = 75;
const width = 107;

const rows = {
  vgg16: { family: vgg16, parameters: 138_357_544, features: 512, maps: [2, 3] },
  vgg19: { family: vgg19, parameters: 143_667_240, features: 512, maps: [2, 3] },
  resnet18: row18(resnet18, 11_689_512),
  resnet34: row18(resnet34, 21_797_672),
  resnet50: { family: resnet50, parameters: 25_636_712, features: 2048, maps: [3, 4] },
  resnet101: { family: resnet101, parameters: 44_707_176, features: 2048, maps: [3, 4] },
  resnet152: { family: resnet152, parameters: 60_419_944, features: 2048, maps: [3, 4] },
  resnet50V2: { family: resnet50V2, parameters: 25_613_800, features: 2048, maps: [3, 4] },
  resnet101V2: { family: resnet101V2, parameters: 44_675_560, features: 2048, maps: [3, 4] },
  resnet152V2: { family: resnet152V2, parameters: 60_380_648, features: 2048, maps: [3, 4] },
  mobilenet: { family: mobilenet, parameters: 4_253_864, features: 1024, maps: [2, 3] },
  mobilenetV2: { family: mobilenetV2, parameters: 3_538_984, features: 1280, maps: [3, 4] },
  xception: { family: xception, parameters: 22_910_480, features: 2048, maps: [3, 4] },
  inceptionV3: { family: inceptionV3, parameters: 23_851_784, features: 2048, maps: [1, 2] },
  inceptionResnetV2: {
    ...{ family: inceptionResnetV2, parameters: 55_873_736, features: 1536, maps: [1, 2] },
  },
  lenet5: { family: lenet5, parameters: 61_706, features: 16, maps: [16, 24] },
  alexnet: { family: alexnet, parameters: 61_100_840, features: 256, maps: [1, 2] },
  "alexnet, paper": {
    ...{ family: alexnet, variant: "paper", parameters: 60_965_224, features: 256, maps: [1, 2] },
  },
  "alexnet, ungrouped": {
    ...{ family: alexnet, variant: "ungrouped", parameters: 62_378_344, features: 256 },
    maps: [1, 2],
  },
  googlenet: {
    ...{ family: googlenet, parameters: 6_624_904, counts: "trainable", features: 1024 },
    maps: [2, 3],
  },
  "googlenet, paper": {
    ...{ family: googlenet, variant: "paper", parameters: 6_998_552, features: 1024 },
    maps: [2, 3],
  },
  inceptionV4: {
    ...{ family: inceptionV4, parameters: 42_679_816, counts: "trainable", features: 1536 },
    maps: [1, 2],
  },
  "inceptionV3, torchvision": {
    ...{ family: inceptionV3, variant: "torchvision", parameters: 23_834_568 },
    ...{ counts: "trainable", features: 2048, maps: [1, 2] },
  },
  seResnet50: {
    ...{ family: seResnet50, parameters: 28_088_024, counts: "trainable", features: 2048 },
    maps: [3, 4],
  },
  "resnet50, torchvision": {
    ...{ family: resnet50, variant: "torchvision", parameters: 25_557_032 },
    ...{ counts: "trainable", features: 2048, maps: [3, 4] },
  },
  "mobilenetV2, torchvision": {
    ...{ family: mobilenetV2, variant: "torchvision", parameters: 3_504_872 },
    ...{ counts: "trainable", features: 1280, maps: [3, 4] },
  },
  efficientnetLite0: {
    ...{ family: efficientnetLite0, parameters: 4_652_008, counts: "trainable", features: 1280 },
    maps: [3, 4],
  },
  densenet121: { family: densenet121, parameters: 8_062_504, features: 1024, maps: [2, 3] },
  densenet169: { family: densenet169, parameters: 14_307_880, features: 1664, maps: [2, 3] },
  densenet201: { family: densenet201, parameters: 20_242_984, features: 1920, maps: [2, 3] },
} satisfies Record<string, Row>;

function row18(family: Family, parameters: number): Row {
  return { family, parameters, counts: "trainable", features: 512, maps: [3, 4] };
}

const size = (weights: tf.LayerVariable[]) =>
  weights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);

async function outputShape(model: tf.LayersModel, channels: number): Promise<number[]> {
  const output = tf.tidy(
    () => model.predict(tf.randomUniform([1, height, width, channels])) as tf.Tensor,
  );
  const values = await output.data();
  assert.ok(values.every(Number.isFinite), "the output has values that are not finite");
  output.dispose();
  return output.shape;
}

export type FamilyName = keyof typeof rows;

/** All families of the table. */
export const familyNames = Object.keys(rows) as FamilyName[];

/** Defines the tests of the given families. */
export function describeFamilies(names: readonly FamilyName[]): void {
  let before: number;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    assert.equal(tf.memory().numTensors, before);
  });

  for (const name of names) {
    const row: Row = rows[name];
    const { parameters, counts = "all", features, maps, variant } = row;
    const family: Family = (options) => row.family({ ...options, ...(variant && { variant }) });
    it(`${name} has ${parameters.toLocaleString("en")} ${counts === "all" ? "" : "trainable "}parameters`, async () => {
      const model = await family({ weights: null });
      assert.equal(size(counts === "all" ? model.weights : model.trainableWeights), parameters);
      const described: Architecture = architectures[model.name as ArchitectureName];
      assert.equal(model.name, name.split(",")[0]);
      assert.deepEqual(model.outputs[0]?.shape, [null, described.classes]);
      if (!variant) {
        assert.equal(size(model.weights), described.parameters);
        const { inputSize, channels = 3 } = described;
        assert.deepEqual(model.inputs[0]?.shape, [null, inputSize, inputSize, channels]);
      }
      model.dispose();
    });

    it(`${name} puts out what its options say, for 1 and 4 channels and an odd size`, async () => {
      const base = { weights: null, includeTop: false } as const;
      const maps4 = await family({ ...base, inputShape: [height, width, 4] });
      assert.deepEqual(await outputShape(maps4, 4), [1, ...maps, features]);
      maps4.dispose();
      const pooled = await family({ ...base, pooling: "max", inputShape: [null, null, 1] });
      assert.deepEqual(await outputShape(pooled, 1), [1, features]);
      pooled.dispose();
      const logits = { classes: 7, classifierActivation: null } as const;
      const top = await family({ weights: null, ...logits, inputShape: [height, width, 3] });
      assert.deepEqual(await outputShape(top, 3), [1, 7]);
      top.dispose();
    });
  }
}

/** Sizes that every network of the table can take. */
const smallest: Partial<Record<FamilyName, number>> = {
  lenet5: 28,
  alexnet: 67,
  "alexnet, paper": 67,
  "alexnet, ungrouped": 67,
  xception: 71,
  inceptionV3: 75,
  "inceptionV3, torchvision": 75,
  inceptionV4: 75,
  inceptionResnetV2: 75,
};

/** Defines for each family: a captured training step changes its weights, it gives features, and comes back from a file. */
export function describeUse(names: readonly FamilyName[]): void {
  for (const name of names) {
    it(`${name} trains a captured step, gives features, is saved and loaded`, async () => {
      const before = tf.memory().numTensors;
      const { family, variant }: Row = rows[name];
      const size = smallest[name] ?? 32;
      const model = await family({
        ...{ weights: null, classes: 3, inputShape: [size, size, 3], ...(variant && { variant }) },
      });
      const folder = await mkdtemp(join(tmpdir(), "family-"));
      const x = tf.randomNormal([2, size, size, 3]);
      const y = tf.tensor1d([0, 2], "int32");
      const weight = () =>
        (model.trainableWeights[0] as tf.LayerVariable).read().dataSync().slice();
      const old = weight();
      const optimizer = new SGD({ learningRate: 1e-3 });
      await fit(
        model,
        { x, y },
        { loss: "sparseCategoricalCrossentropy", optimizer, progress: false },
      );
      optimizer.dispose();
      assert.notDeepEqual(weight(), old);
      assert.ok(weight().every(Number.isFinite));

      const maps = featurePyramid(model).predict(x, { batchSize: 2 });
      assert.ok([maps].flat().every(({ shape }) => shape.length === 4));
      tf.dispose(maps);

      await model.save(`file://${folder}`);
      const loaded = await tf.loadLayersModel(`file://${folder}/model.json`);
      const outputs = [model, loaded].map((each) => each.predict(x, { batchSize: 2 }) as tf.Tensor);
      assert.deepEqual(outputs[1]?.dataSync(), outputs[0]?.dataSync());
      tf.dispose([x, y, outputs]);
      model.dispose();
      loaded.dispose();
      await rm(folder, { recursive: true });
      assert.equal(tf.memory().numTensors, before);
    });
  }
}
