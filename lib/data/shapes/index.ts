/** Generated pictures of shapes, with boxes and masks. */
export { generateShapes, type ShapesOptions } from "./generate.ts";
export {
  type Bytes,
  type ShapeObject,
  type ShapeScene,
  type ShapeSet,
  shapeClasses,
  shapeScene,
} from "./set.ts";
