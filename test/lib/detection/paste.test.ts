import assert from "node:assert/strict";
import { generateShapes, seededRandom, shapeScene } from "convnet-lab/data";
import { pasteObjects, shapeExamples } from "convnet-lab/detection";

describe("pasteObjects", () => {
  const meet = (a: readonly number[], b: readonly number[]) =>
    a[0]! < b[2]! && b[0]! < a[2]! && a[1]! < b[3]! && b[1]! < a[3]!;

  it("adds objects of other pictures beside those that are there, each exactly in its box", async () => {
    const { train } = await generateShapes({ size: 96, train: 12, test: 0 });
    const before = train.images.values.slice();
    let added = 0;
    for (let i = 0; i < train.length; i++) {
      const scene = shapeScene(train, i);
      const { image, objects } = pasteObjects(train, i, 12, seededRandom(i));
      assert.deepEqual(objects.slice(0, scene.objects.length), scene.objects);
      const pasted = objects.slice(scene.objects.length);
      added += pasted.length;
      for (const [k, { box }] of pasted.entries()) {
        assert.ok(box[0] >= 0 && box[1] >= 0 && box[2] <= 96 && box[3] <= 96);
        const others = objects.filter((_, j) => j !== scene.objects.length + k);
        assert.ok(
          others.every((other) => !meet(box, other.box)),
          "in a free place",
        );
      }
      let changed = 0;
      for (let p = 0; p < 96 * 96; p++) {
        const same = [0, 1, 2].every((c) => image[3 * p + c] === scene.image[3 * p + c]);
        const [x, y] = [p % 96, Math.floor(p / 96)];
        const inside = pasted.some(({ box }) => meet(box, [x, y, x + 1, y + 1]));
        if (!same) assert.ok(inside, `pixel (${x}, ${y}) is of no pasted object`);
        if (!same) changed++;
      }
      assert.ok(pasted.length === 0 || changed > 0);
    }
    assert.ok(added > 12, `${added} objects in 12 pictures`);
    assert.deepEqual(train.images.values, before, "the set stays as it was");
    const again = pasteObjects(train, 3, 12, seededRandom(3));
    assert.deepEqual(again, pasteObjects(train, 3, 12, seededRandom(3)));
    const { image, objects } = pasteObjects(train, 0, 0, seededRandom(0));
    assert.deepEqual([image, objects], [shapeScene(train, 0).image, shapeScene(train, 0).objects]);
  });

  it("is a part of the examples to learn from, pass by pass", async () => {
    const { train } = await generateShapes({ size: 96, train: 8, test: 0 });
    const examples = shapeExamples(train, { paste: (pass) => (pass === 0 ? 12 : 0) });
    const counts: number[] = [];
    for await (const { image, objects } of examples.repeat(2)) {
      counts.push(objects.length);
      image.dispose();
    }
    const plain = train.objects.map(({ length }) => length);
    assert.deepEqual(counts.slice(8), plain);
    const more = counts.slice(0, 8).filter((count, i) => count > plain[i]!);
    assert.ok(more.length >= 4, `more objects in ${more.length} of 8 pictures`);
  });
});
