import { strict as assert } from "node:assert";
import { roiAlign } from "convnet-lab/layers";
import { tf } from "convnet-lab/tensorflow";

/** One value by the definition in torchvision's documentation and kernel, in plain loops. */
function sample(map: number[][], y: number, x: number): number {
  const [height, width] = [map.length, map[0]?.length ?? 0];
  if (y < -1 || y > height || x < -1 || x > width) return 0;
  const [v, u] = [Math.min(Math.max(y, 0), height - 1), Math.min(Math.max(x, 0), width - 1)];
  const [top, left] = [Math.floor(v), Math.floor(u)];
  const at = (row: number, column: number) =>
    map[Math.min(row, height - 1)]?.[Math.min(column, width - 1)] ?? 0;
  const [fy, fx] = [v - top, u - left];
  const above = at(top, left) * (1 - fx) + at(top, left + 1) * fx;
  const below = at(top + 1, left) * (1 - fx) + at(top + 1, left + 1) * fx;
  return above * (1 - fy) + below * fy;
}

function reference(
  map: number[][],
  box: readonly number[],
  [rows, columns]: readonly [number, number],
  scale: number,
  ratio: number,
  aligned: boolean,
): number[] {
  const [top, left, bottom, right] = box.map((v) => v * scale - (aligned ? 0.5 : 0)) as [
    ...[number, number, number, number],
  ];
  const height = aligned ? bottom - top : Math.max(bottom - top, 1);
  const width = aligned ? right - left : Math.max(right - left, 1);
  const cells: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < ratio; i++) {
        for (let j = 0; j < ratio; j++) {
          const y = top + (height / rows) * (row + (i + 0.5) / ratio);
          const x = left + (width / columns) * (column + (j + 0.5) / ratio);
          sum += sample(map, y, x);
        }
      }
      cells.push(sum / ratio ** 2);
    }
  }
  return cells;
}

describe("roiAlign", () => {
  before(function () {
    // The JavaScript backend cannot resize crops of one pixel.
    if (tf.getBackend() !== "tensorflow") this.skip();
  });

  const boxes = [
    [0, 0, 24, 28],
    [3.3, 4.1, 17.9, 9.2],
    [-6, -9, 5, 40],
    [10, 10, 10, 10],
    [100, 100, 120, 130],
    [11.2, 3.4, 11.3, 27],
  ];

  for (const [height, width] of [
    [6, 7],
    [1, 5],
  ] as const) {
    for (const samplingRatio of [1, 2, 3]) {
      for (const aligned of [true, false]) {
        it(`equals the definition: ${height}×${width}, ratio ${samplingRatio}, aligned ${aligned}`, () => {
          const before = tf.memory().numTensors;
          const size = [3, 2] as const;
          const features = tf.tidy(() =>
            tf.randomUniform([1, height, width, 1], -1, 1, "float32", 4),
          ) as tf.Tensor4D;
          const map = tf.tidy(() => features.reshape([height, width]).arraySync()) as number[][];
          tf.tidy(() => {
            const result = roiAlign(
              features,
              tf.tensor2d(boxes),
              tf.zeros([boxes.length], "int32") as tf.Tensor1D,
              { outputSize: size, spatialScale: 0.25, samplingRatio, aligned },
            );
            assert.deepEqual(result.shape, [boxes.length, 3, 2, 1]);
            const expected = boxes.flatMap((box) =>
              reference(map, box, size, 0.25, samplingRatio, aligned),
            );
            result.dataSync().forEach((value, i) => {
              assert.ok(
                Math.abs(value - (expected[i] as number)) < 2e-5,
                `value ${i}: ${value}, expected ${expected[i]}`,
              );
            });
          });
          features.dispose();
          assert.equal(tf.memory().numTensors, before);
        });
      }
    }
  }

  it("takes no boxes, and picks each box's picture", () => {
    tf.tidy(() => {
      const features = tf.stack([tf.zeros([4, 4, 2]), tf.ones([4, 4, 2])]) as tf.Tensor4D;
      const none = roiAlign(features, tf.zeros([0, 4]), tf.zeros([0], "int32") as tf.Tensor1D, {
        outputSize: [2, 2],
      });
      assert.deepEqual(none.shape, [0, 2, 2, 2]);
      const two = roiAlign(
        features,
        tf.tensor2d([
          [1, 1, 3, 3],
          [1, 1, 3, 3],
        ]),
        tf.tensor1d([1, 0], "int32"),
        { outputSize: [1, 1] },
      );
      assert.deepEqual([...two.dataSync()], [1, 1, 0, 0]);
    });
  });

  it("names what does not fit", () => {
    tf.tidy(() => {
      const features = tf.zeros([1, 4, 4, 2]) as tf.Tensor4D;
      const boxes = tf.zeros([2, 4]) as tf.Tensor2D;
      const pictures = tf.zeros([2], "int32") as tf.Tensor1D;
      const size = { outputSize: [2, 2] } as const;
      const short = tf.zeros([1], "int32") as tf.Tensor1D;
      assert.throws(
        () => roiAlign(features, boxes, short, size),
        /numbers have shape \[1\].*\[2\]/,
      );
      assert.throws(
        () => roiAlign(features, boxes, pictures, { outputSize: [0, 2] }),
        /outputSize\[0\] is 0/,
      );
      assert.throws(
        () => roiAlign(features, boxes, pictures, { ...size, spatialScale: -1 }),
        /spatialScale is -1/,
      );
      assert.throws(
        () => roiAlign(features, tf.zeros([2, 5]), pictures, size),
        /boxes have shape \[2, 5\]/,
      );
    });
  });
});
