export { openNotebook } from "./open.ts";
