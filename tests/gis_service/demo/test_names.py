from itertools import islice

import numpy as np
import pytest

from gis_service.demo.names import compound_names, person_name, village_names


@pytest.mark.parametrize("names", [compound_names, village_names])
def test_names_do_not_run_out_or_come_twice(names):
    """Two thousand, far more than there are pairs of words."""
    drawn = list(islice(names(np.random.default_rng(1)), 2_000))
    assert len(set(drawn)) == 2_000


def test_a_person_has_a_surname_and_a_given_name():
    """Two or three characters."""
    random = np.random.default_rng(2)
    assert {len(person_name(random)) for _ in range(200)} == {2, 3}
