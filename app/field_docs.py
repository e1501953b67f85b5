"""Docstrings beneath the fields of typed dictionaries, as their descriptions in the OpenAPI document.

Pydantic's own ``use_attribute_docstrings`` takes those of a class alone, not those of the fields that it inherits.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import Annotated, TypeVar

from pydantic import Field

Described = TypeVar("Described", bound=type)


def documented(cls: Described) -> Described:
    """Add the docstring beneath each field of a typed dictionary to the field's annotation; a class decorator."""
    tree = ast.parse(inspect.getsource(cls))
    definition = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    for field, text in pairwise(definition.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                description = " ".join(words.split())
                cls.__annotations__[name] = Annotated[cls.__annotations__[name], Field(description=description)]
    return cls
