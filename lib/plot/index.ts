/** Pictures of images, filters and feature maps, and charts; each shows itself in a notebook. */
export { type AnchorChartOptions, anchorChart } from "./anchors.ts";
export { type Bar, type BarChartOptions, barChart } from "./bar-chart.ts";
export { BeforeAfter, type BeforeAfterOptions, beforeAfter } from "./before-after.ts";
export type { BoxStyle } from "./box-overlay.ts";
export {
  type BoxGridOptions,
  type BoxOptions,
  boxGrid,
  boxPicture,
  type PictureBox,
  type TruthOptions,
  truthAndPrediction,
} from "./boxes.ts";
export { Chart } from "./chart.ts";
export type { ColorMapName } from "./colors.ts";
export { type ConfusionChartOptions, confusionChart } from "./confusion-matrix.ts";
export { type DetectorGridOptions, detectorGrid } from "./detector-grid.ts";
export type { Displayable, MimeBundle } from "./display.ts";
export { errorBreakdown } from "./error-breakdown.ts";
export { type FeatureMapOptions, featureMapGrid } from "./feature-maps.ts";
export { type FilterOptions, filterGrid } from "./filters.ts";
export { type HeatOverlayOptions, heatOverlay } from "./heat-overlay.ts";
export { type HistogramOptions, histogram } from "./histogram.ts";
export {
  type ImageGridOptions,
  type ImageListOptions,
  type ImageOptions,
  imageGrid,
  picture,
  type SideBySideOptions,
  sideBySide,
} from "./image-grid.ts";
export {
  type EpochMeasures,
  type LearningCurveOptions,
  learningCurves,
} from "./learning-curves.ts";
export { type Line, type LineChartOptions, lineChart } from "./line-chart.ts";
export { type MaskOverlayOptions, maskOverlay } from "./mask-overlay.ts";
export { type FileOptions, Picture, type PictureOptions } from "./picture.ts";
export type { Images, PixelOptions } from "./pixels.ts";
export {
  type PrecisionRecallLine,
  type PrecisionRecallOptions,
  precisionRecallChart,
} from "./precision-recall.ts";
export { type ReliabilityOptions, reliabilityDiagram } from "./reliability-diagram.ts";
export type { TensorLike } from "./tensor.ts";
export type { ThemeName } from "./theme.ts";
