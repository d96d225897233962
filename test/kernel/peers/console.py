"""Drives jupyter-console as a person does: types, waits for what is shown, types on."""

import os
import sys

import pexpect

kernel = pexpect.spawn(
    sys.executable,
    ["-m", "jupyter_console", "--kernel", "typescript", "--ZMQTerminalInteractiveShell.simple_prompt=False"],
    encoding="utf8",
    timeout=30,
    dimensions=(40, 120),
    # Else it asks the terminal where the cursor is, and takes what comes for the answer.
    env={**os.environ, "PROMPT_TOOLKIT_NO_CPR": "1"},
)
log = open("console.log", "w", encoding="utf8")
kernel.logfile_read = log


def enter(text):
    kernel.send(text + "\r")


def see(pattern):
    kernel.expect(pattern)
    print("saw", pattern)


see("TypeScript")
see(r"In .*1")
enter("const n: number = 20 + 1")
see(r"In .*2")
enter("n * 2")
see(r"Out.*2.*42")
see(r"In .*3")
# A line that needs more keeps the cell open.
enter("function twice(x: number) {")
enter("return 2 * x;")
enter("}")
see(r"In .*4")
enter("twice(n) + 1")
see(r"Out.*4.*43")
enter("n.nothing")
see("TS2339")
see(r"In .*6")
enter("prompt('W' + 'ho? ')")
see(r"Who\?")
enter("Ada")
see("'Ada'")
enter("!echo from-the-shell")
see("from-the-shell")
see(r"In .*8")
enter("while (true) {}")
# That it runs shows by nothing but silence.
kernel.expect(pexpect.TIMEOUT, timeout=1)
kernel.sendintr()
see("Interrupted")
enter("n + 2")
see("23")
see(r"In .*1.*0")
# Ctrl-D, which it asks about.
kernel.send("\x04")
see("exit")
enter("y")
kernel.expect(pexpect.EOF)
print("ended")
