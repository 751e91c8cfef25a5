"""The reference page of the hooks."""

import inspect
from types import ModuleType

from leadexec import hookspecs
from leadexec.cli.reference.source import ClassDoc, as_markdown, classes_of, modules_of

_HEAD = """# Hooks

This page is made from the hook specifications (`leadexec docs hooks`); edit those, not this.

A plugin implements a hook as a method of that name, marked `@hookimpl`, with the arguments shown
(the type annotations may be left out). Names say the kind: `register_…` contributes, the past
tense observes, after the commit.
"""


def hooks_page() -> str:
    """Return the page: every hook with its exact arguments, by domain."""
    parts = [_HEAD]
    for module in modules_of(hookspecs):
        for group in classes_of(module):
            if group.methods:
                parts.append(_domain(module, group))
    return "\n".join(parts).rstrip() + "\n"


def _domain(module: ModuleType, group: ClassDoc) -> str:
    title = (inspect.getdoc(module) or "").partition("\n")[0].rstrip(".")
    parts = [f"## {title}\n", as_markdown(group.doc) + "\n"]
    for hook in group.methods:
        prefix = "async def" if hook.is_async else "def"
        signature = hook.signature.replace("(", "(self, ", 1).replace("(self, )", "(self)")
        parts.append(f"### {hook.name}\n")
        parts.append(f"```python\n@hookimpl\n{prefix} {hook.name}{signature}: ...\n```\n")
        parts.append(as_markdown(hook.doc) + "\n")
    return "\n".join(parts)
