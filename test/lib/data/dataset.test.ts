import { strict as assert } from "node:assert";
import {
  type Dataset,
  disposeItem,
  fromArrays,
  fromFunction,
  fromItems,
  fromTensors,
  tensorsIn,
} from "convnet-lab/data";
import { tf } from "convnet-lab/tensorflow";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const numbers = (length: number): Dataset<number> => fromFunction(length, (index) => index);

async function values(dataset: Dataset<tf.Tensor>): Promise<number[][]> {
  const found: number[][] = [];
  for await (const tensor of dataset) {
    found.push([...tensor.dataSync()]);
    tensor.dispose();
  }
  return found;
}

describe("the tensors in an item", () => {
  it("are found once, in order, wherever they are but in the numbers of typed arrays", () => {
    const [a, b, c] = [tf.scalar(1), tf.scalar(2), tf.scalar(3)];
    // Whoever looks at its numbers one by one is told.
    const numbers = new Float32Array(4);
    Object.defineProperty(numbers, "looked", {
      enumerable: true,
      get: () => assert.fail("it was looked into"),
    });
    const item: Record<string, unknown> = { a, list: [b, { again: a }, null, "text"], numbers };
    item.itself = item;
    item.last = c;
    assert.deepEqual(
      tensorsIn(item).map(({ id }) => id),
      [a, b, c].map(({ id }) => id),
    );
    disposeItem(item);
    assert.ok([a, b, c].every(({ isDisposed }) => isDisposed));
    for (const none of [undefined, null, 1, "text", [], {}, numbers]) {
      assert.deepEqual(tensorsIn(none), []);
    }
  });
});

describe("datasets", () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  it("take, skip, repeat and map", async () => {
    assert.deepEqual(await all(numbers(5).skip(1).take(3)), [1, 2, 3]);
    assert.deepEqual(await all(numbers(2).repeat(2)), [0, 1, 0, 1]);
    assert.deepEqual(await all(numbers(2).repeat().skip(1).take(4)), [1, 0, 1, 0]);
    assert.deepEqual(await all(numbers(3).map(async (n) => n * 2)), [0, 2, 4]);
    assert.deepEqual(await all(numbers(3).skip(7)), []);
    assert.equal(numbers(7).batch(3).length, 3);
    assert.equal(numbers(7).batch(3, { dropRemainder: true }).length, 2);
    assert.equal(numbers(7).repeat().batch(3).length, Infinity);
  });

  it("shuffles everything, anew in each pass, and the same for one seed", async () => {
    const order = (seed: number, pass: number) =>
      all(
        numbers(50)
          .shuffle({ seed })
          .iterate({ start: pass * 50, passes: pass + 1 }),
      );
    const first = await order(1, 0);
    assert.deepEqual(
      [...first].sort((a, b) => a - b),
      await all(numbers(50)),
    );
    assert.deepEqual(await order(1, 0), first);
    assert.notDeepEqual(await order(1, 1), first);
    assert.notDeepEqual(await order(2, 0), first);
    const twice = await all(numbers(50).shuffle({ seed: 1 }).repeat(2));
    assert.deepEqual(twice, [...first, ...(await order(1, 1))]);
    const fixed = await all(numbers(50).shuffle({ seed: 1, reshuffle: false }).repeat(2));
    assert.deepEqual(fixed, [...first, ...first]);
  });

  it("puts every item at every place equally often", async () => {
    const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    let place = 0;
    for await (const item of numbers(4).shuffle({ seed: 5 }).iterate({ passes: 2000 })) {
      (counts[item] as number[])[place++ % 4]!++;
    }
    // Expected 500 with a deviation of 19.4.
    for (const count of counts.flat()) assert.ok(Math.abs(count - 500) < 90, `${counts}`);
  });

  it("starts anywhere as if it had come there", async () => {
    const dataset = numbers(10)
      .map((n, { random }) => [n, random()] as const, { seed: 3 })
      .shuffle({ seed: 4 })
      .prefetch(3);
    const whole = await all(dataset.iterate({ passes: 3 }));
    assert.equal(whole.length, 30);
    assert.deepEqual(await all(dataset.iterate({ start: 17, passes: 3 })), whole.slice(17));
  });

  it("gives each item of each pass its own random numbers", async () => {
    const draws = await all(
      numbers(100)
        .map((_, { random }) => random())
        .iterate({ passes: 2 }),
    );
    assert.equal(new Set(draws).size, 200);
    const mean = draws.reduce((a, b) => a + b, 0) / 200;
    assert.ok(Math.abs(mean - 0.5) < 0.1, `mean ${mean}`);
  });

  it("batches tensors, numbers, arrays and records", async () => {
    const dataset = fromFunction(3, (i) => ({
      image: tf.fill([2, 2], i),
      label: i,
      box: Int32Array.of(i, i + 1),
      nested: [tf.scalar(i)] as const,
      name: `n${i}`,
    })).batch(2);
    const [first, last] = await all(dataset);
    assert.deepEqual(first?.image.shape, [2, 2, 2]);
    assert.deepEqual(last?.image.shape, [1, 2, 2]);
    assert.deepEqual([...(first?.label.dataSync() ?? [])], [0, 1]);
    assert.equal(first?.box.dtype, "int32");
    assert.deepEqual(first?.box.arraySync(), [
      [0, 1],
      [1, 2],
    ]);
    assert.deepEqual(first?.nested[0].arraySync(), [0, 1]);
    assert.deepEqual(first?.name.arraySync(), ["n0", "n1"]);
    tf.dispose([first, last] as never);
  });

  it("cuts batches out of tensors and arrays", async () => {
    const x = tf.tensor2d([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [5, 2], "int32");
    const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
    const tensors = fromTensors({ x });
    const arrays = fromArrays({ x: { values: bytes, shape: [5, 2], dtype: "int32" } });
    const only = <T extends { x: tf.Tensor }>(dataset: Dataset<T>) =>
      values(dataset.map(({ x }) => x));
    for (const dataset of [tensors, arrays]) {
      const rows = await only(dataset.batch(2));
      assert.deepEqual(rows, [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
      ]);
      // By way of items the same comes out as by whole batches.
      const shuffled = dataset.shuffle({ seed: 9 }).skip(1).repeat(2);
      const slow = shuffled.map(({ x }) => ({ x })).batch(3);
      assert.deepEqual(await only(shuffled.batch(3)), await only(slow));
    }
    const scaled = fromArrays({ x: { values: bytes, shape: [5, 2], scale: 0.5 } });
    assert.deepEqual(await only(scaled.take(1)), [[0, 0.5]]);
    x.dispose();
  });

  it("disposes what it drops", async () => {
    const dataset = fromFunction(20, (i) => ({ kept: tf.scalar(i), dropped: tf.scalar(-i) }))
      .map(({ kept, dropped }) => ({ kept, sum: tf.add(tf.mul(kept, 2), dropped) }))
      .map(async ({ kept, sum }) => {
        const result = tf.add(kept, sum);
        await Promise.resolve();
        return result;
      })
      .prefetch(4);
    for await (const tensor of dataset) {
      assert.deepEqual(tensor.shape, []);
      tensor.dispose();
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it("caches, and makes each item once", async () => {
    let made = 0;
    const dataset = fromFunction(3, (i) => {
      made++;
      return tf.scalar(i);
    }).cache();
    const twice = await values(dataset.repeat(2));
    assert.deepEqual(twice.flat(), [0, 1, 2, 0, 1, 2]);
    assert.equal(made, 3);
    assert.equal(tf.memory().numTensors, before + 3);
    dataset.batch(2).dispose();
    await new Promise((resolve) => setTimeout(resolve));
  });

  it("makes items at the same time when it prefetches", async () => {
    let running = 0;
    let most = 0;
    const slow = numbers(8).map(async (n) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      return n;
    });
    assert.deepEqual(await all(slow.prefetch(3)), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal(most, 4);
  });

  it("reports errors where they belong, and leaks nothing", async () => {
    const failing = fromFunction(4, (i) => {
      if (i === 2) throw new Error("item 2 is broken");
      return tf.scalar(i);
    });
    await assert.rejects(all(failing.batch(4)), /item 2 is broken/);
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const tensor of failing.prefetch(3)) {
        seen.push(tensor.dataSync()[0] as number);
        tensor.dispose();
      }
    }, /item 2 is broken/);
    assert.deepEqual(seen, [0, 1]);
    await new Promise((resolve) => setTimeout(resolve));
    const ragged = fromFunction(2, (i) => ({ boxes: tf.zeros([i + 1, 4]) }));
    await assert.rejects(all(ragged.batch(2)), /boxes is a tensor float32 \[1, 4\].*\[2, 4\]/);
    await assert.rejects(all(fromItems([null]).batch(1)), /is null, which cannot be stacked/);
    const counts = await all(ragged.batch(2, { collate: (items) => items.length }));
    assert.deepEqual(counts, [2]);
  });

  it("refuses what cannot be meant", async () => {
    assert.throws(() => numbers(3).batch(0), /batch: got 0, expected a whole number of at least 1/);
    assert.throws(() => numbers(3).repeat().shuffle(), /has no end/);
    assert.throws(() => numbers(0).repeat(), /empty/);
    await assert.rejects(numbers(3).at(3), /no item 3; the dataset has 3/);
    const [a, b] = [tf.zeros([2, 1]), tf.zeros([3])];
    assert.throws(() => fromTensors({ a, b }), /\[2, 1\] and \[3\]/);
    tf.dispose([a, b]);
    assert.throws(
      () => fromArrays({ x: { values: new Uint8Array(5), shape: [2, 2] } }),
      /x has 5 values and the shape \[2, 2\]/,
    );
  });
});
