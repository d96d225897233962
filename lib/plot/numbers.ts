/** Numbers as text in pictures. */

/** Three significant digits, with a true minus sign: -0.01234 → "−0.0123", 20480 → "20,480". */
export function formatNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size >= 1e6 || size < 1e-3
      ? value.toExponential(1).replace("e+", "e")
      : new Intl.NumberFormat(
          "en-US",
          size < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
        ).format(value);
  return text.replaceAll("-", "−");
}
