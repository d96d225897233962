/** Gradients of resizing with half-pixel centres, which tfjs computes as if there were none. */
import type { Tensor } from "@tensorflow/tfjs";
import { core } from "../compile/native.ts";
import { rawOp } from "../raw-op.ts";
import { gradientInFrontOf, isNativeBackend, kernel } from "./registry.ts";

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
}

export function installResizeGradients(): void {
  for (const name of ["ResizeBilinear", "ResizeNearestNeighbor"] as const) {
    gradientInFrontOf(name, (_dy, _saved, attrs, next) => {
      const { halfPixelCenters } = attrs as unknown as ResizeAttributes;
      if (halfPixelCenters && !isNativeBackend()) {
        throw new Error(
          `The gradient of ${name} with half-pixel centres is not available on the backend ` +
            `"${core.getBackend()}". Resize without them, or build the native backend with "npm start -- --setup-only".`,
        );
      }
      return next();
    });
    kernel(`${name}Grad`, ({ inputs, backend, attrs }) => {
      const { dy, images } = inputs as { dy: Tensor; images: Tensor };
      const { alignCorners, halfPixelCenters = false } = attrs as unknown as ResizeAttributes;
      const attributes = {
        T: { type: "float32" },
        align_corners: { bool: alignCorners },
        half_pixel_centers: { bool: halfPixelCenters },
      } as const;
      if (name === "ResizeBilinear") return rawOp(backend, `${name}Grad`, [dy, images], attributes);
      return core.tidy(() => {
        const size = core.tensor1d(images.shape.slice(1, 3), "int32");
        return rawOp(backend, `${name}Grad`, [dy, size], attributes);
      });
    });
  }
}
