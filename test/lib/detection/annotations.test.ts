import assert from "node:assert/strict";
import {
  type AnnotatedImage,
  formatVoc,
  formatYolo,
  fromCoco,
  parseVoc,
  parseYolo,
  toCoco,
  toCocoDetections,
} from "convnet-lab/detection";
import { evaluateCoco } from "convnet-lab/metrics";

const picture: AnnotatedImage = {
  file: "dogs & cats.jpg",
  width: 200,
  height: 100,
  objects: [
    { label: "dog", box: [10, 20, 60, 90] },
    { label: "<cat>", box: [0, 0, 200, 100], difficult: true, truncated: true },
  ],
};
const voc = (objects: string, more = "") => `<?xml version="1.0"?>${more}<annotation>
  <filename>a.jpg</filename>
  <size><width>200</width><height>100</height><depth>3</depth></size>${objects}</annotation>`;
const object = (xmin: unknown, ymin: unknown, xmax: unknown, ymax: unknown) =>
  `<object><name>dog</name><part><name>head</name></part><bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin>` +
  `<xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`;

describe("Pascal VOC's annotations", () => {
  it("are read as they were written, by edges and by pixels", () => {
    for (const coordinates of ["edges", "pixels"] as const) {
      const text = formatVoc(picture, { coordinates });
      assert.deepEqual(parseVoc(text, "a.xml", { coordinates }), picture);
    }
    assert.match(formatVoc(picture), /<xmin>11<\/xmin>/);
    assert.match(formatVoc(picture), /dogs &amp; cats.jpg/);
  });

  it("name the first and last pixel of a box, where they are VOC's own", () => {
    const one = (coordinates: "edges" | "pixels") =>
      parseVoc(voc(object(1, 1, 1, 2)), "a.xml", { coordinates, degenerate: "skip" }).objects;
    assert.deepEqual(one("pixels"), [{ label: "dog", box: [0, 0, 1, 2] }]);
    assert.deepEqual(one("edges"), []);
  });

  it("are refused with file, place and value", () => {
    const read = (text: string) => () => parseVoc(text, "a.xml", { coordinates: "edges" });
    assert.throws(read(voc(object(5, 5, 5, 9))), {
      name: "AnnotationError",
      message:
        "a.xml: object 1 (dog) is [5,5,5,9] (left, top, right, bottom): its width is 0 and its height 4, expected " +
        'both above 0. Mend the file, or read it with { degenerate: "skip" }.',
    });
    assert.throws(read(voc(object(300, 5, 400, 9))), /none of it lies in the picture of 200 × 100/);
    assert.throws(read(voc(object("left", 5, 5, 9))), /a.xml: <xmin> is "left", expected a number/);
    assert.throws(read(voc(object(9, 5, 5, 9))), /box of "dog" is xmin 9, ymin 5, xmax 5/);
    assert.throws(
      read(voc("<object><name>dog</name></object>")),
      /a.xml: <object> has no <bndbox>/,
    );
    assert.throws(
      read(voc("").replace("200", "0")),
      /a.xml: the width is 0, expected whole pixels/,
    );
    for (const text of ["<annotation><size>", "{}", "<html/>", ""]) {
      assert.throws(read(text), { name: "AnnotationError", message: /^a.xml/ });
    }
  });

  it("expand no entities", () => {
    const bomb = '<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY f SYSTEM "file:///etc/passwd">]>';
    const named = (name: string) => object(1, 1, 9, 9).replace("dog", name);
    for (const name of ["b", "f"]) {
      const text = voc(named(`&${name};`), bomb);
      assert.throws(() => parseVoc(text, "a.xml"), /not well-formed XML.*entity/i);
    }
  });
});

describe("YOLO's annotations", () => {
  const classes = ["dog", "<cat>"];

  it("are read as they were written", () => {
    const text = formatYolo(picture, { classes });
    assert.equal(text, "0 0.175 0.55 0.25 0.7\n1 0.5 0.5 1 1\n");
    const { objects, ...image } = picture;
    const read = parseYolo(text, image, { classes });
    read.objects.forEach(({ label, box }, i) => {
      assert.equal(label, objects[i]!.label);
      box.forEach((value, j) => {
        assert.ok(Math.abs(value - objects[i]!.box[j]!) < 1e-5);
      });
    });
    assert.deepEqual(parseYolo("\n", image, { classes }).objects, []);
  });

  it("are refused with line and value", () => {
    const read = (text: string) => () =>
      parseYolo(text, { file: "a.jpg", width: 10, height: 10 }, { classes, source: "a.txt" });
    assert.throws(
      read("0 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1"),
      /a.txt: line 2: the class is 2, expected .* 0 to 1/,
    );
    assert.throws(read("0 0.5 0.5 0.1"), /line 1 is "0 0.5 0.5 0.1", expected five numbers/);
    assert.throws(read("0 5 5 1 1"), /expected x, y, width and height from 0 to 1/);
    assert.throws(read("0 0.5 0.5 0 0.1"), /line 1 \(dog\) is .* its width is 0/);
    assert.throws(
      () => formatYolo(picture, { classes: ["dog"] }),
      /object 1 .* is a "<cat>", expected one of dog/,
    );
  });
});

describe("COCO's annotations", () => {
  it("are read as they were written, crowds and outlines too", () => {
    const images: AnnotatedImage[] = [
      { file: "a.jpg", width: 50, height: 40, objects: [] },
      {
        file: "b.jpg",
        width: 50,
        height: 40,
        objects: [
          { label: "b", box: [1, 2, 11, 22], segmentation: [[1, 2, 11, 2, 11, 22]] },
          { label: "a", box: [0, 0, 50, 40], crowd: true },
        ],
      },
    ];
    const json = JSON.parse(JSON.stringify(toCoco(images)));
    assert.deepEqual(json.categories, [
      { id: 1, name: "a" },
      { id: 2, name: "b" },
    ]);
    assert.deepEqual(fromCoco(json), images);
  });

  it("go to the evaluation together with detections", () => {
    const images = [
      { ...picture, objects: picture.objects.map(({ label, box }) => ({ label, box })) },
    ];
    const classes = ["dog", "<cat>"];
    const found = toCocoDetections([images[0]!.objects.map((one) => ({ ...one, score: 0.9 }))], {
      classes,
      format: "xyxy",
    });
    assert.ok(evaluateCoco(toCoco(images, { classes }), found).stats[0]! > 1 - 1e-9);
  });

  it("are refused with place and value", () => {
    const json = (bbox: unknown) => ({
      images: [{ id: 1, width: 10, height: 10 }],
      categories: [{ id: 1, name: "a" }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, area: 1, bbox }],
    });
    assert.throws(
      () => fromCoco(json([1, 1, 0, 5]), "t.json"),
      /t.json: annotations\[0\].bbox is \[1,1,1,6\]/,
    );
    assert.deepEqual(
      fromCoco(json([1, 1, 0, 5]), "t.json", { degenerate: "skip" })[0]!.objects,
      [],
    );
    assert.throws(
      () => fromCoco({ ...json([1, 1, 1, 5]), categories: [] }),
      /category_id is 1, expected the id/,
    );
  });
});
