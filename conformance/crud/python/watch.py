"""Notes which public methods of a client a run has used, so that none is forgotten.

A method counts as answered once one call of it has returned. What is public is read off the classes
of the installed release; nobody has to keep a list of it.
"""

import functools
import inspect

# Never reach a server: they read settings, caches and objects of the client's own process.
LOCAL = {
    "clear_system_cache",
    "close",
    "get_model",
    "get_settings",
    "model_post_init",
}


class Watch:
    def __init__(self):
        self.methods = {}

    def observe(self, cls):
        """Watches every public method of `cls`, inherited ones too; returns `cls`."""
        for name in dir(cls):
            if name.startswith("_") or name in LOCAL:
                continue
            owner = next(base for base in cls.__mro__ if name in vars(base))
            method = vars(owner)[name]
            if owner.__module__.startswith("chromadb") and inspect.isfunction(method):
                label = f"{cls.__name__.removeprefix('Async')}.{name}"
                self.methods.setdefault(label, "unused")
                setattr(cls, name, self._noting(label, method))
        return cls

    def refused(self, cls, name):
        """Notes that the server refuses a method as Chroma's own server does."""
        label = f"{cls.__name__.removeprefix('Async')}.{name}"
        if self.methods[label] == "unused":
            self.methods[label] = "refused"

    def of_state(self, state):
        return sorted(label for label, found in self.methods.items() if found == state)

    def _noting(self, label, method):
        @functools.wraps(method)
        def call(*arguments, **named):
            result = method(*arguments, **named)
            if inspect.isawaitable(result):
                return self._note_after(label, result)
            self.methods[label] = "answered"
            return result

        return call

    async def _note_after(self, label, awaitable):
        result = await awaitable
        self.methods[label] = "answered"
        return result
