/** What a byte that is packed by deflate can become at the most, with a margin: a claim of more is none to believe. */
export const mostExpansion = 1100;
