// Imported first by every command. Only syntax and names that Node 12 has too, so that an old Node gets
// to this message and not to a SyntaxError.
const oldest = "20.19";

/** @param {string} version */
const number = (version) => {
  const parts = version.split(".").map(Number);
  return (parts[0] || 0) * 1000 + (parts[1] || 0);
};

if (number(process.versions.node) < number(oldest)) {
  console.error(
    `Node ${process.versions.node} is too old: convnet-lab needs Node ${oldest} or newer.\n` +
      "  To mend it: nvm install 24   (or take a current Node from https://nodejs.org)",
  );
  process.exit(1);
}
