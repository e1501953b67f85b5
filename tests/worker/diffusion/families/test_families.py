"""The families of the worker, held to what the site knows of their kinds."""

import pytest

from app.core.models import kinds
from worker.diffusion import families


def test_every_kind_that_is_let_through_has_one_family() -> None:
    known = [each.pipeline for each in kinds.EVERY]
    assert sorted(families.FAMILIES) == sorted(known)
    assert all(pipeline in families.find_family(pipeline).kinds for pipeline in known)


@pytest.mark.parametrize("name", families.FAMILIES)
def test_family_loads_the_parts_that_are_looked_for(name: str) -> None:
    family = families.find_family(name)
    assert family.pipeline.__name__ in families.FAMILIES
    for pipeline in family.kinds:
        kind = kinds.find(pipeline)
        assert family.part == kind.network
        assert family.network_class.__name__ in kind.network_classes
        assert set(kind.encoders) <= set(family.encoders)
        assert set(kind.absent) == set(family.optional)
