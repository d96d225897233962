import assert from "node:assert/strict";
import { evaluateCoco } from "convnet-lab/metrics";

const image = { id: 1, width: 100, height: 80 };
const truth = {
  ...{ id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 },
  segmentation: [[10, 10, 30, 10, 30, 30, 10, 30]] as unknown,
};
const detection = { image_id: 1, category_id: 1, bbox: [10, 10, 20, 20] as unknown, score: 0.5 };
const dataset = (annotation: object = {}, more: object = {}) => ({
  images: [image],
  categories: [{ id: 1, name: "cat" }],
  annotations: [{ ...truth, ...annotation }],
  ...more,
});
const names = { truths: "gt.json", detections: "dt.json" };

/** Evaluates, expecting to be refused. */
function refused(
  expected: RegExp,
  truths: unknown,
  detections: unknown = [detection],
  iouType: "bbox" | "segm" = "bbox",
): void {
  assert.throws(() => evaluateCoco(truths, detections, { iouType, names }), expected);
}

describe("COCO evaluation of bad input", () => {
  it("takes good input", () => {
    const { stats } = evaluateCoco(dataset(), [detection], { names });
    assert.ok(Math.abs(stats[1]! - 1) < 1e-9);
  });

  it("names the file whose shape is wrong", () => {
    refused(/gt\.json holds an array.*wrong way round/, []);
    refused(/gt\.json: images is undefined, expected an array/, {
      annotations: [],
      categories: [],
    });
    refused(/gt\.json: images is undefined/, null);
    refused(
      /gt\.json: categories is an object, expected an array/,
      dataset({}, { categories: {} }),
    );
    refused(/dt\.json holds an object.*wrong way round/, dataset(), dataset());
    refused(/dt\.json: \[1\] is null, expected an object/, dataset(), [detection, null]);
  });

  it("names the annotation, the field and the value", () => {
    refused(
      /gt\.json: annotations\[0\]\.bbox is \[10,10,"NaN",20\]/,
      dataset({ bbox: [10, 10, Number.NaN, 20] }),
    );
    refused(
      /annotations\[0\]\.bbox is \[10,10,-1,20\].*not negative/,
      dataset({ bbox: [10, 10, -1, 20] }),
    );
    refused(/annotations\[0\]\.bbox is undefined/, dataset({ bbox: undefined }));
    refused(/annotations\[0\]\.bbox is \[1,2,3\]/, dataset({ bbox: [1, 2, 3] }));
    refused(/annotations\[0\]\.area is undefined/, dataset({ area: undefined }));
    refused(/annotations\[0\]\.area is NaN/, dataset({ area: Number.NaN }));
    refused(/annotations\[0\]\.iscrowd is 2, expected 0 or 1/, dataset({ iscrowd: 2 }));
    refused(/annotations\[0\]\.category_id is "cat"/, dataset({ category_id: "cat" }));
    refused(/annotations\[0\]\.image_id is undefined/, dataset({ image_id: undefined }));
    refused(
      /annotations\[1\]\.id is 1.*annotations\[0\] has it/,
      dataset({}, { annotations: [truth, truth] }),
    );
    refused(
      /images\[1\]\.id is "b", expected a number/,
      dataset({}, { images: [image, { id: "b" }] }),
    );
  });

  it("names the detection, the field and the value", () => {
    const dt = (more: object) => [detection, { ...detection, ...more }];
    refused(/dt\.json: \[1\]\.score is NaN/, dataset(), dt({ score: Number.NaN }));
    refused(/dt\.json: \[1\]\.score is "0.5"/, dataset(), dt({ score: "0.5" }));
    refused(/dt\.json: \[1\]\.bbox is \[1,2,3,-4\]/, dataset(), dt({ bbox: [1, 2, 3, -4] }));
    refused(/dt\.json: \[1\]\.bbox is undefined/, dataset(), dt({ bbox: undefined }));
    refused(/dt\.json: \[1\]\.category_id is undefined/, dataset(), dt({ category_id: undefined }));
    refused(/dt\.json: \[0\] is .*expected a detection with a bbox or/, dataset(), [
      { image_id: 1, category_id: 1, score: 1 },
    ]);
  });

  it("refuses detections of images that the data set does not have", () => {
    refused(/dt\.json: \[1\]\.image_id is 2, which is none of the truths' images/, dataset(), [
      detection,
      { ...detection, image_id: 2 },
    ]);
  });

  it("names masks and polygons that cannot be right", () => {
    const gt = (segmentation: unknown) => dataset({ segmentation });
    const segm = (expected: RegExp, segmentation: unknown) =>
      refused(expected, gt(segmentation), [detection], "segm");
    segm(
      /annotations\[0\]\.segmentation is undefined, expected polygons or run lengths/,
      undefined,
    );
    segm(/annotations\[0\]\.segmentation is \[\], expected one polygon or more/, []);
    segm(/segmentation\[0\] is \[1,2,3,4\].*3 corners or more/, [[1, 2, 3, 4]]);
    segm(/segmentation\[0\].*as many x as y; found 7/, [[1, 2, 3, 4, 5, 6, 7]]);
    segm(/segmentation\[0\]\[5\] is NaN/, [[1, 2, 3, 4, 5, Number.NaN]]);
    segm(/segmentation\.counts .*add up to 80 · 100 = 8000 pixels; they add up to 30/, {
      size: [80, 100],
      counts: [10, 20],
    });
    segm(/segmentation\.size is \[90,100\].*the image's \[height, width\], \[80, 100\]/, {
      size: [90, 100],
      counts: [9000],
    });
    segm(/segmentation\.counts is "~+".*break at character 0/, { size: [80, 100], counts: "~~" });
    segm(/segmentation\.counts\[0\] is -3/, { size: [80, 100], counts: [-3, 8003] });
    segm(/segmentation\.counts is undefined/, { size: [80, 100] });
    segm(/segmentation\.size is undefined/, { counts: "abc" });
    refused(
      /segmentation: the image's size is \["undefined","undefined"\]|the image's size is \[null,null\]/,
      dataset({}, { images: [{ id: 1 }] }),
      [detection],
      "segm",
    );
  });

  it("refuses options out of their range", () => {
    const withOptions = (options: object) => () => evaluateCoco(dataset(), [detection], options);
    assert.throws(withOptions({ iouType: "keypoints" }), /iouType is "keypoints"/);
    assert.throws(withOptions({ iouThresholds: [] }), /iouThresholds is empty/);
    assert.throws(
      withOptions({ iouThresholds: [0.5, 0.5] }),
      /iouThresholds\[1\] is 0.5, expected ascending/,
    );
    assert.throws(withOptions({ recallThresholds: [0, 2] }), /recallThresholds\[1\] is 2/);
    assert.throws(
      withOptions({ maxDetections: [100] }),
      /maxDetections is \[100\], expected three/,
    );
    assert.throws(withOptions({ maxDetections: [1, 10, 10.5] }), /maxDetections/);
    assert.throws(withOptions({ areaRanges: { all: [10, 0] } }), /areaRanges: all is \[10,0\]/);
    assert.throws(withOptions({ imageIds: [5] }), /no image with the id 5/);
    assert.throws(withOptions({ categoryIds: [9] }), /no category with the id 9/);
  });
});
