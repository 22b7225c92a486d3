"""Recognition of dvc.yaml files that DVC's schema surely allows. Source: dvc/schema.py of DVC 3.

One unknown key makes DVC refuse the whole repository: `dvc pull` fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_Fits = Callable[[Any], bool]


def _is(*kinds: type) -> _Fits:
    return lambda value: isinstance(value, kinds)


def _list_of(*kinds: type) -> _Fits:
    return lambda value: isinstance(value, list) and all(isinstance(item, kinds) for item in value)


def _mapping_of(allowed: Mapping[str, _Fits]) -> _Fits:
    return lambda value: (
        isinstance(value, dict) and all(key in allowed and allowed[key](item) for key, item in value.items())
    )


def _outs(flags: Mapping[str, _Fits]) -> _Fits:
    properties = _mapping_of(flags)

    def fits(value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(item, str) or named(item) for item in value)

    def named(item: Any) -> bool:
        return isinstance(item, dict) and all(isinstance(path, str) and properties(item[path]) for path in item)

    return fits


_TEXT, _FLAG, _WORDS = _is(str), _is(bool), _list_of(str)
_FLAGS: Mapping[str, _Fits] = {
    **dict.fromkeys(("cache", "persist", "push", "checkpoint"), _FLAG),
    **dict.fromkeys(("remote", "desc", "type"), _TEXT),
}
_PLOT: Mapping[str, _Fits] = {
    **_FLAGS,
    **dict.fromkeys(("template", "x", "y", "x_label", "y_label", "title"), _TEXT),
    "header": _FLAG,
}
_STAGE: Mapping[str, _Fits] = {
    "cmd": _is(str, list),
    "wdir": _TEXT,
    "deps": _WORDS,
    "params": _list_of(str, dict),
    "vars": _list_of(str, dict),
    "outs": _outs(_FLAGS),
    "metrics": _outs(_FLAGS),
    "plots": _outs(_PLOT),
    "matrix": lambda value: (
        isinstance(value, dict)
        and all(isinstance(key, str) for key in value)
        and all(isinstance(item, (str, list)) for item in value.values())
    ),
    "frozen": _FLAG,
    "always_changed": _FLAG,
    "desc": _TEXT,
    "meta": lambda _: True,
}
_is_single = _mapping_of(_STAGE)
_LOOP: Mapping[str, _Fits] = {"foreach": _is(dict, list, str), "do": _is_single}
_is_loop = _mapping_of(_LOOP)


def _is_stages(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_loop(stage) and len(stage) == len(_LOOP) if isinstance(stage, dict) and "do" in stage else _is_single(stage)
        for stage in value.values()
    )


is_plain: _Fits = _mapping_of(
    {
        "stages": _is_stages,
        "vars": _list_of(str, dict),
        **dict.fromkeys(("params", "metrics", "plots"), _WORDS),
    }
)
"""Return True if DVC's schema surely allows a document (a mapping)."""
