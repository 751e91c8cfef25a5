"""Every hook of the system, one module per domain.

Four kinds only: ``register_*`` contributes (called once at start, then frozen), past tense observes
(after commit, isolated, as a durable job), a verb decides, and nothing else.
"""

from leadexec.hookspecs.markers import hookimpl, hookspec

__all__ = ["hookimpl", "hookspec"]
