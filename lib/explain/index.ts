/** Looking inside a network. */
export { featureMaps } from "./feature-maps.ts";
export { filters } from "./filters.ts";
