/** From hover and signature help to one text that Jupyter shows. */
import { withoutModules } from "./diagnostics.ts";
import type { Hover, MarkupContent, SignatureHelp, SignatureInformation } from "./lsp.ts";
import type { Inspection } from "./types.ts";

export function toInspection(
  hover: Hover | undefined,
  help: SignatureHelp | undefined,
  detail: 0 | 1,
): Inspection | undefined {
  const parts = [];
  if (hover) parts.push(cleanHover(plain(hover.contents)));
  if (help && help.signatures.length > 0) parts.push(signatures(help, detail));
  const markdown = parts.filter((part) => part !== "").join("\n\n---\n\n");
  return markdown === "" ? undefined : { markdown, text: toText(markdown) };
}

/** A name of an earlier cell is an import to the compiler, but not to its reader. */
function cleanHover(markdown: string): string {
  return (
    withoutModules(markdown)
      .replace(/^(```\w*\n)\(alias\) /, "$1")
      .replace(/^(```\w*\n[\s\S]*?)\nimport [\p{ID_Continue}$]+(?=\n```)/u, "$1")
      // What the server says where nothing is known of a name.
      .replace(/^```\w*\nany\n```\s*$/, "")
      .trim()
  );
}

function signatures(help: SignatureHelp, detail: 0 | 1): string {
  const active = help.signatures[help.activeSignature ?? 0] ?? help.signatures[0]!;
  const shown = detail === 0 ? [active] : help.signatures;
  const code = shown.map((signature) => withoutModules(signature.label)).join("\n");
  const more = help.signatures.length - shown.length;
  const lines = [`\`\`\`typescript\n${code}\n\`\`\``];
  if (more > 0) lines.push(`+ ${more} more ${more === 1 ? "overload" : "overloads"}`);
  const parameter = activeParameter(active, help.activeParameter);
  if (parameter) lines.push(parameter);
  const documentation = active.documentation && plain(active.documentation).trim();
  if (documentation) lines.push(documentation);
  return lines.join("\n\n");
}

function activeParameter(
  signature: SignatureInformation,
  fallback: number | null | undefined,
): string | undefined {
  const parameter = signature.parameters?.[signature.activeParameter ?? fallback ?? 0];
  if (!parameter) return undefined;
  const label =
    typeof parameter.label === "string"
      ? parameter.label
      : signature.label.slice(parameter.label[0], parameter.label[1]);
  const documentation = parameter.documentation && plain(parameter.documentation).trim();
  return `**\`${withoutModules(label)}\`**${documentation ? ` — ${documentation}` : ""}`;
}

function plain(content: MarkupContent | string): string {
  return typeof content === "string" ? content : content.value;
}

/** Markdown as a terminal shows it: without fences, emphasis and link targets. */
function toText(markdown: string): string {
  return markdown
    .replace(/^```\w*\n?/gm, "")
    .replace(/^---$/gm, "")
    .replace(/\*\*?([^*\n]+)\*\*?/g, "$1")
    .replace(/`([^`\n]+)`/g, "$1")
    .replace(/\[([^\]\n]+)\]\([^)\n]*\)/g, "$1")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
