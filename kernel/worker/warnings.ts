/** Warnings of Node about what the kernel itself uses: no cell can do anything about them. */
const own = /^(vm\.USE_MAIN_CONTEXT_DEFAULT_LOADER|registerHooks|module\.registerHooks)\b/;

export function hideOwnWarnings(): void {
  const emit = process.emitWarning as (...args: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    const text = typeof warning === "string" ? warning : warning?.message;
    if (!own.test(text)) emit.call(process, warning, ...rest);
  };
}
