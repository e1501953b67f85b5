"""Docstrings beneath the fields of typed dictionaries, as their descriptions in the OpenAPI document.

Pydantic's own ``use_attribute_docstrings`` takes those of a class alone, not those of the fields that it inherits.
"""

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from typing import Annotated, TypeVar

from pydantic import Field

Described = TypeVar("Described", bound=type)


def documented(cls: Described) -> Described:
    """Add the docstring beneath each field of a typed dictionary to the field's annotation; a class decorator."""
    for field, text in pairwise(_definitions(cls.__module__)[cls.__name__].body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                description = " ".join(words.split())
                cls.__annotations__[name] = Annotated[cls.__annotations__[name], Field(description=description)]
    return cls


@cache
def _definitions(module: str) -> dict[str, ast.ClassDef]:
    """Return the definitions of a module's classes by name; the module is parsed once for all of them."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
