/** Colours of everything that is not data. */

/**
 * The background that a picture brings along. A notebook does not tell the kernel whether it is shown light or
 * dark, and no single ink reads well on both, so a picture stands on a card of its own.
 */
export type ThemeName = "light" | "dark";

export interface Theme {
  /** Background of the card, and its edge. */
  readonly card: string;
  readonly edge: string;
  /** Titles and labels; contrast with the card at least 12:1. */
  readonly ink: string;
  /** Captions, ticks and axis titles; at least 5.5:1. */
  readonly muted: string;
  /** Grid lines, axes. */
  readonly line: string;
}

const themes: Readonly<Record<ThemeName, Theme>> = {
  light: {
    card: "#ffffff",
    edge: "#e3e5e8",
    ink: "#1f2328",
    muted: "#59636e",
    line: "#d9dce0",
  },
  dark: {
    card: "#1b1e23",
    edge: "#343a42",
    ink: "#f0f3f6",
    muted: "#a9b3bd",
    line: "#3a4149",
  },
};

/** @throws if there is no theme of that name */
export function themeOf(name: ThemeName = "light"): Theme {
  const theme = Object.hasOwn(themes, name) ? themes[name] : undefined;
  if (!theme) throw new Error(`There is no theme "${name}": expected "light" or "dark".`);
  return theme;
}
