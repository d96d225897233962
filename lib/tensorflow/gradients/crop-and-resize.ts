/** Gradients of crop-and-resize, with respect to the images and to the boxes (Dai et al., 2016; TensorFlow's kernels). */
import type { Tensor } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { rawOp } from "../raw-op.ts";
import { gradient, isNativeBackend, nativeBackend } from "./registry.ts";

export function installCropAndResizeGradients(): void {
  gradient("CropAndResize", {
    inputsToSave: ["image", "boxes", "boxInd"],
    gradFunc: (dy, saved, attrs) => {
      const [image, boxes, boxInd] = saved as [Tensor, Tensor, Tensor];
      const { method } = attrs as unknown as { method: "bilinear" | "nearest" };
      if (!isNativeBackend()) {
        throw new Error(
          `The gradient of cropAndResize is not available on the backend "${core.getBackend()}". ` +
            'Build the native backend with "npm start -- --setup-only".',
        );
      }
      const slope = dy as Tensor;
      return {
        image: () =>
          core.tidy(() => {
            const size = core.tensor1d(image.shape, "int32");
            return rawOp(nativeBackend(), "CropAndResizeGradImage", [slope, boxes, boxInd, size], {
              T: { type: "float32" },
              method: { string: method },
            });
          }),
        boxes: () => {
          // Nearest neighbours do not move with the box, but in jumps.
          if (method === "nearest") return core.zerosLike(boxes);
          return rawOp(nativeBackend(), "CropAndResizeGradBoxes", [slope, image, boxes, boxInd], {
            T: { type: "float32" },
            method: { string: method },
          });
        },
      };
    },
  });
}
