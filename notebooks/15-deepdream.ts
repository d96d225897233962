// -*- coding: utf-8 -*-
// ---
// jupyter:
//   jupytext:
//     text_representation:
//       extension: .ts
//       format_name: percent
//       format_version: '1.3'
//       jupytext_version: 1.19.6
//   kernelspec:
//     display_name: TypeScript (convnet-lab)
//     language: typescript
//     name: typescript
// ---

// %% [markdown]
// # 15 · DeepDream
//
// A network that has learned to recognize things can be run backwards: keep
// its weights as they are, and change the *picture* until the network sees
// more of something. That shows what a layer has learned to look for, and it
// makes pictures that nobody would have painted.
//
// **You learn**
//
// * to climb a gradient with respect to a picture in place of weights;
// * what single channels look for, from the first blocks to the last;
// * why the picture has to be described by its frequencies, and be moved about
//   while it grows, before it shows more than noise;
// * how DeepDream works: octaves, tiles, random shifts;
// * to choose layers and channels, and what each choice does.
//
// **Time:** about 2 minutes on two cores.
//
// **Data:** two photographs that come with scikit-learn,
// [china.jpg](https://www.flickr.com/photos/danielbuechele/6061409035/) by
// danielbuechele and
// [flower.jpg](https://www.flickr.com/photos/vultilion/6056698931/) by
// vultilion, both under [CC BY
// 2.0](https://creativecommons.org/licenses/by/2.0/), here resized and
// changed. The weights of EfficientNet-Lite0 are those of [lesson
// 5](05-pretrained-models.ipynb). The set-up has installed all of it.

// %% tags=["parameters"] quick={"dreamWidth": 160, "octaves": 2, "steps": 2, "featureSize": 64, "featureSteps": 4}
/** How wide the dreams are, in pixels. */
let dreamWidth: number = 448;
/** Sizes at which a dream is worked on. */
let octaves: number = 4;
/** Steps at each size. */
let steps: number = 12;
/** Height and width of pictures made from nothing. */
let featureSize: number = 160;
/** Steps for each of them. */
let featureSteps: number = 96;

// %%
import { loadImage, resize, samplePicture } from "convnet-lab/data";
import {
  deepDream,
  type LayerObjective,
  visualizeFeature,
} from "convnet-lab/explain";
import { check, gate } from "convnet-lab/lesson";
import * as models from "convnet-lab/models";
import * as plot from "convnet-lab/plot";
import { compile, tf } from "convnet-lab/tensorflow";

// %% [markdown]
// ## The network and a photograph
//
// We take the network without its classifier, and leave the size of its input
// open: convolutions slide over a picture of any size.

// %%
const model = await models.efficientnetLite0({
  weights: "imagenet",
  includeTop: false,
  inputShape: [null, null, 3],
});

/** From pixels, 0 to 255, to what the weights were trained on. */
function preprocess(pixels: tf.Tensor4D): tf.Tensor4D {
  return models.preprocessInput(pixels, "efficientnetLite0");
}

async function photograph(name: "china.jpg" | "flower.jpg") {
  const photo = await loadImage(samplePicture(name).path);
  const [height, width] = photo.shape;
  const rows = Math.round((dreamWidth * height) / width);
  const resized = resize(photo, [rows, dreamWidth]) as tf.Tensor3D;
  photo.dispose();
  return resized;
}

/** Levels from 0 to 255, drawn into files that suit photographs. */
const asPhoto = { range: [0, 255], fileFormat: "jpeg" } as const;

const china = await photograph("china.jpg");
const flower = await photograph("flower.jpg");
plot.sideBySide([china, flower], { height: 180, ...asPhoto });

// %% [markdown]
// ## One step up the gradient
//
// Training asks: how does the loss change with each *weight*? Here we ask: how
// does the activity of a layer change with each *pixel*? As the measure of
// activity we take the mean square of all that the layer puts out. Squares
// push on whatever is there already, so each place comes to look more like
// what it looks like a little now.

// %%
const early = models.featureModel(model, ["block3b_add"]);

function activity(pixels: tf.Tensor): tf.Scalar {
  const output = early.apply(preprocess(pixels as tf.Tensor4D));
  return tf.mean(tf.square(output as tf.Tensor));
}

/** The picture, changed by 3 of 256 levels on average. */
const climb = compile((pixels: tf.Tensor4D) => {
  const { value, grad } = tf.valueAndGrad(activity)(pixels);
  const size = tf.mean(tf.abs(grad));
  const step = tf.mul(tf.div(grad, size), 3);
  const changed = tf.clipByValue(tf.add(pixels, step), 0, 255);
  return { value, changed: changed as tf.Tensor4D };
});

// %% tags=["trained"]
let dreaming = china.expandDims<tf.Tensor4D>(0);
const activities: number[] = [];
for (let step = 0; step < steps; step++) {
  const { value, changed } = climb(dreaming);
  activities.push(value.dataSync()[0]!);
  tf.dispose([dreaming, value]);
  dreaming = changed;
}
const [first, last] = [activities[0]!, activities.at(-1)!];
console.log(`activity ${first.toFixed(2)} → ${last.toFixed(2)}`);

plot.picture(dreaming, { width: 560, ...asPhoto });

// %% [markdown]
// The layer is far more active, and the picture shows why: the third block
// looks for stripes, and now there are stripes everywhere. But they are all of
// one size, that of the layer's own filters, and much of it is fine grain.
// Before we mend that, let us see what else the network looks for.
//
// ## What single channels look for
//
// We start from nothing, and make a picture that excites one channel of one
// layer as much as possible. Done as above, this ends in noise: high
// frequencies excite filters strongly and mean nothing. Three remedies (all
// from [Olah et al., 2017](https://distill.pub/2017/feature-visualization/)):
//
// * the numbers that we change are not pixels but the picture's *frequencies*,
//   and low ones move faster;
// * colours are mixed so that they vary together as in photographs;
// * at each step the picture is *shifted, enlarged and turned* a little at
//   random, so that only what survives this counts.

// %%
const channel: LayerObjective = { layer: "block6b_add", channels: 7 };
const size: [number, number] = [featureSize, featureSize];
const settings = { preprocess, size, steps: featureSteps, seed: 1 };
const still = { jitter: 0, scale: [1, 1] as [number, number], rotate: 0 };

// %% tags=["trained"] timeout=300
const plain = { ...settings, ...still, decorrelate: false, decayPower: 0 };
const asPixels = await visualizeFeature(model, channel, plain);
const asWaves = await visualizeFeature(model, channel, {
  ...settings,
  ...still,
});
const moved = await visualizeFeature(model, channel, settings);

plot.imageGrid([asPixels.image, asWaves.image, moved.image], {
  columns: 3,
  titles: ["All frequencies alike", "Low ones faster", "And moved about"],
  title: "Three ways to excite channel 7 of block6b_add",
  fileFormat: "jpeg",
});

// %% [markdown]
// The same channel, the same network, the same number of steps. On the left
// hardly anything can be seen, though the channel is as excited by it. On the
// right: eyes, muzzles and fur. This channel has to do with animals.
//
// ## From edges to animals
//
// One channel from each of four depths:

// %% tags=["trained"] timeout=300
const depths: LayerObjective[] = [
  { layer: "block2b_add", channels: 5 },
  { layer: "block3b_add", channels: 3 },
  { layer: "block4c_add", channels: 5 },
  { layer: "block5c_add", channels: 10 },
];
const found: tf.Tensor3D[] = [];
const gains: number[] = [];
for (const objective of depths) {
  const seen = await visualizeFeature(model, objective, settings);
  found.push(seen.image);
  gains.push(seen.objective.at(-1)! - seen.objective[0]!);
}
plot.imageGrid(found, {
  captions: depths.map(({ layer, channels }) => `${layer}, ${channels}`),
  title: "What channels of four depths look for",
  fileFormat: "jpeg",
});

// %% [markdown]
// Early channels look for colours and lines, later ones for textures, then for
// parts with corners and insides. Nobody told the network to go this way.
//
// ## DeepDream
//
// Now back to the photograph. `deepDream` does the step from above, and adds:
//
// * **Octaves.** The picture is made small first, dreamed on, enlarged,
//   dreamed on again, and so on up to its own size. Filters of one size so
//   leave marks of many sizes. What shrinking has lost in detail is added back
//   at each size.
// * **Tiles.** The gradient is computed for one square of 224 × 224 after the
//   other, so memory does not grow with the picture.
// * **Random shifts.** Before each step the picture is rolled around by a
//   random number of pixels, and back after it: so the seams of the tiles fall
//   elsewhere each time.
// * **Smoothing.** Blurred copies of the gradient count as much as the sharp
//   one, so coarse structures can grow beside the fine grain.

// %%
async function dream(
  photo: tf.Tensor3D,
  objectives: LayerObjective[],
): Promise<tf.Tensor3D> {
  return deepDream(model, photo, objectives, {
    preprocess,
    octaves,
    octaveScale: 1.4,
    steps,
    seed: 1,
  });
}

// %% tags=["trained"] timeout=400
const middle = await dream(china, [{ layer: "block4c_add" }]);
plot.beforeAfter(china, middle, {
  title: "A dream of block4c_add: move the slider",
  labels: ["Photograph", "Dream"],
  width: 600,
  ...asPhoto,
});

// %% [markdown]
// Windows become portholes, bushes become nets of circles, and the empty sky
// gets a weave: the network finds something even where there is nothing.
//
// ## Deeper
//
// The sixth stage knows things.

// %% tags=["trained"] timeout=400
const deep = await dream(china, [{ layer: "block6b_add" }]);
plot.picture(deep, { width: 600, ...asPhoto });

// %% [markdown]
// Blossoms, fruit and other temples grow out of trees and haze. The layer was
// trained on photographs of a thousand kinds of things, and that is what it
// falls back on.
//
// ## One channel only
//
// The channel that liked muzzles, on the flower:

// %% tags=["trained"] timeout=400
const animals = await dream(flower, [channel]);
plot.beforeAfter(flower, animals, {
  title: "A dahlia, as channel 7 of block6b_add would like it",
  labels: ["Photograph", "Dream"],
  width: 600,
  ...asPhoto,
});

// %% [markdown]
// ## Two layers at once
//
// Objectives add up, each with its weight; a negative one avoids something.

// %% tags=["trained"] timeout=400
const both = await dream(flower, [
  { layer: "block4c_add", weight: 0.3 },
  { layer: "block6d_add", weight: 1 },
]);
plot.picture(both, { width: 600, ...asPhoto });

// %% [markdown]
// ## Checks
//
// What this lesson claims, checked each time that it runs:

// %% tags=["trained"]
gate("activity after climbing, times that before", last / first, {
  quick: { atLeast: 1.05 },
  full: { atLeast: 2.5 },
});
check(
  "every channel is excited more at the end than at the beginning",
  gains.every((gain) => gain > 0),
  gains,
);

const changes = tf.tidy(() =>
  [middle, deep].map((picture) => {
    const inside = picture.min().dataSync()[0]! >= 0;
    const change = picture.sub(china).abs().mean().dataSync()[0]!;
    return inside && picture.max().dataSync()[0]! <= 255 ? change : Number.NaN;
  }),
);
check(
  "dreams differ from the photograph, and are pictures still",
  changes.every((change) => change > 2 && change < 100),
  changes,
);

// %%
const before = tf.memory().numTensors;
tf.dispose(await dream(china, [{ layer: "block3b_add" }]));
check("a dream leaves no tensors behind", tf.memory().numTensors === before);

// %% [markdown]
// ## Summary
//
// * Gradients by the input show what a layer reacts to; climbing them makes
//   pictures of what it looks for.
// * Without a description that favours natural pictures, one climbs to noise.
// * Early layers want lines and colours, later ones textures, parts and
//   things.
// * DeepDream is gradient ascent on a photograph at several sizes, tile by
//   tile, with random shifts.
//
// The source: [deep-dream.ts](../lib/explain/deep-dream.ts),
// [feature-visualization.ts](../lib/explain/feature-visualization.ts) and
// [image-parameters.ts](../lib/explain/image-parameters.ts).
//
// ## Exercises
//
// 1. Dream of `block2b_add` and of `top_conv`. What is too early, what too
//    late?
// 2. Take `octaves = 1`. What is missing?
// 3. Pass `jitter: false` to `deepDream`, with `tileSize: 96`. Where do the
//    seams fall?
// 4. Dream a hundred times in a row, and each time cut off a border of two
//    pixels and enlarge the rest: a flight into the picture.
// 5. Find a channel that likes faces, or wheels: `visualizeFeature` with other
//    numbers of `block6b_add`.
