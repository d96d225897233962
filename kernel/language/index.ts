export { TypeScriptLanguage } from "./language.ts";
export type {
  CheckResult,
  Completion,
  CompletionItem,
  Diagnostic,
  Inspection,
  Language,
  LanguageOptions,
} from "./types.ts";
