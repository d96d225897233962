import assert from "node:assert/strict";
import { featureMapGrid, filterGrid } from "../../../lib/plot/index.ts";
import { tf } from "../../../lib/tensorflow/index.ts";
import { assertBaseline, waves } from "./samples.ts";

describe("featureMapGrid", () => {
  it("draws each map by its own range", async () => {
    const maps = waves(12, 16, 24);
    for (const theme of ["light", "dark"] as const) {
      const drawn = featureMapGrid(maps, { theme, scale: 1, columns: 4, width: 320, channels: 6 });
      await assertBaseline(await drawn.toPNG(), `feature-maps-${theme}.png`);
    }
    maps.dispose();
  });

  it("draws all by one range, with numbers at the colours", async () => {
    const maps = waves(12, 16, 24).expandDims(0);
    const drawn = featureMapGrid(maps, {
      title: "Waves",
      scale: 1,
      columns: 4,
      width: 320,
      channels: 3,
      select: "strongest",
      normalize: "all",
      colorMap: "magma",
    });
    await assertBaseline(await drawn.toPNG(), "feature-maps-strongest.png");
    assert.match(drawn.alt, /^Waves\. 3 of 24 feature maps of 12×16, channels 23, /);
    maps.dispose();
  });

  it("takes more maps than there are for all, and draws a silent map", async () => {
    const maps = tf.zeros([2, 2, 3]) as tf.Tensor3D;
    const drawn = featureMapGrid(maps, { channels: 64, normalize: "all" });
    assert.match(drawn.alt, /^3 of 3 feature maps of 2×2, channels 0, 1, 2, values from 0 to 0\.$/);
    assert.ok((await drawn.toPNG()).length > 0);
    maps.dispose();
  });

  const maps = (shape: number[]) => tf.zeros(shape);
  const bad: [string, () => unknown, RegExp][] = [
    [
      "a batch",
      () => featureMapGrid(maps([2, 4, 4, 8])),
      /several images; take one, as in maps\.slice/,
    ],
    [
      "a vector",
      () => featureMapGrid(maps([8])),
      /shape is \[8\]: expected \[height, width, channels\]/,
    ],
    [
      "a channel that is not there",
      () => featureMapGrid(maps([4, 4, 8]), { channels: [0, 8] }),
      /no channel 8; the tensor has 0 to 7/,
    ],
    [
      "no channels",
      () => featureMapGrid(maps([4, 4, 8]), { channels: [] }),
      /no channels are asked for/,
    ],
    ["0 channels", () => featureMapGrid(maps([4, 4, 8]), { channels: 0 }), /channels is 0/],
    [
      "another colour map",
      () => featureMapGrid(maps([4, 4, 8]), { colorMap: "jet" as never }),
      /no colour map "jet"; there are viridis,/,
    ],
    [
      "another way to select",
      () => featureMapGrid(maps([4, 4, 8]), { select: "best" as never }),
      /select is "best", expected "first" or "strongest"/,
    ],
    [
      "another way to normalize",
      () => featureMapGrid(maps([4, 4, 8]), { normalize: "none" as never }),
      /normalize is "none", expected "each" or "all"/,
    ],
  ];
  for (const [what, draw, message] of bad) {
    it(`refuses ${what}`, () => {
      tf.tidy(() => {
        assert.throws(draw, message);
      });
    });
  }
});

describe("filterGrid", () => {
  it("draws filters in colour and says how weights became colours", async () => {
    const kernel = waves(9, 3, 10).reshape([3, 3, 3, 10]) as tf.Tensor4D;
    for (const normalize of ["each", "all"] as const) {
      const drawn = filterGrid(kernel, { normalize, columns: 5, width: 240, scale: 1 });
      await assertBaseline(await drawn.toPNG(), `filters-${normalize}.png`);
      assert.match(drawn.alt, /^10 filters of 3×3 pixels and 3 channels\. Grey is a weight of 0, /);
    }
    kernel.dispose();
  });

  it("refuses filters that have no colours", () => {
    tf.tidy(() => {
      assert.throws(
        () => filterGrid(tf.zeros([3, 3, 16, 8])),
        /read 16 channels, which have no colours/,
      );
      assert.throws(
        () => filterGrid(tf.zeros([3, 3, 3])),
        /expected \[height, width, input channels/,
      );
    });
  });
});
