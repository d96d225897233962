"""The public test suite for Jupyter kernels, with every sample filled in.

The kernel "typescript" must be among those that Jupyter finds (JUPYTER_PATH).
"""

import unittest

import jupyter_kernel_test
from jupyter_kernel_test import IopubWelcomeTests, KernelTests


class TypeScriptKernelTests(KernelTests):
    kernel_name = "typescript"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("test")'
    completion_samples = [
        {"text": "Math.trun", "matches": ["trunc"]},
        {"text": "type Key = keyo", "matches": ["keyof"]},
        {"text": '"😀".codePointA', "matches": ["codePointAt"]},
    ]
    complete_code_samples = [
        "1",
        "const a: number[] = [1]",
        "function f(x: string) { return x; }",
        "await Promise.resolve(1)",
    ]
    incomplete_code_samples = [
        "function f() {",
        "const a = [1,",
        "`template",
        "if (true) {\n  f(",
        "/* comment",
    ]
    invalid_code_samples = ["let 1a = 3", "const = 2", "a b c", ")"]
    code_page_something = "Math.max?"
    code_generate_error = 'throw new Error("boom")'
    code_execute_result = [
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[1, 2].map((n) => n * 2)", "result": "[ 2, 4 ]"},
        {"code": '"12".repeat(2)', "result": "'1212'"},
        {"code": "12 * 2", "result": "24"},
        {"code": "new Map([[1, 2]]).size + 1", "result": "2"},
        {"code": "1 * 12", "result": "12"},
        {"code": "1 * 212", "result": "212"},
    ]
    code_display_data = [
        {
            "code": 'display({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>bold</b>" }) })',
            "mime": "text/html",
        },
    ]
    code_history_pattern = "1 + ?*3"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.max"
    code_clear_output = "clearOutput()"


class TypeScriptWelcomeTests(IopubWelcomeTests):
    kernel_name = "typescript"
    support_iopub_welcome = True


del KernelTests, IopubWelcomeTests

if __name__ == "__main__":
    unittest.main(verbosity=2)
