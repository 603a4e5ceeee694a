"""No page costs more queries with 200 rows than with 2, and none costs many."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.models import User
from tests.page_addresses import addresses
from tests.wandb_api import crowds
from tests.wandb_api.crowds import Crowd

pytestmark = pytest.mark.django_db
FEW, MANY, MOST = 2, 200, 36
# With two rows there is no second page, and no version after the compared ones. A team's page reads the newest runs of the
# five projects that ran last, each from the end of its own index.
AT_ONCE = 2
ALLOWED = {"artifacts:entity": 5}
# Variants of a page that read other tables, by the name of its address.
QUERIES = {
    "search": ["?q=collection", "?q=red", "?q=a1"],
    "organization-home": ["", "?q=1", "?sort=linked"],
    "registry": ["", "?sort=-linked", "?sort=versions", "?open=detectors", "?tag=red", "?type=model"],
    "collection": ["", "?metrics=1", "?sort=size", "?q=alias:latest", "?q=metadata.acc>0", "?show=metadata.acc"],
    "collection-compare": ["?version=v0&version=v1"],
    "collection-link": ["", "?team={team}&project=project0&artifact=sourced"],
    "link-modal": ["", "?target=model/detectors"],
    "new-collection": ["", "?project={team}/project0&artifact=sourced"],
    "compare": ["?version=v0&version=v1"],
    "printed-version": [
        "?selectionPath={holder}/wandb-registry-model/detectors&view=membership&version=v0",
    ],
    "version-switch": ["?version=v0"],
    "project": ["", "?before=999999"],
    "browser": ["", "?find=sequence"],
}


def pages(crowd: Crowd) -> Iterator[tuple[str, str]]:
    """Every address of a page of the crowd's."""
    registry = {"org": crowd.organization.name, "registry": "model", "collection": "detectors"}
    logged = {"entity": crowd.team.name, "project": "source", "type": "model", "collection": "yolo", "reference": "v0"}
    more = {"run": crowd.run.name, "person": crowd.user.name, "kind": "user", "number": "1", "secret": "TOKEN"}
    places = {"team": crowd.team.name, "holder": crowd.entity.name}
    return addresses({**logged, **more, **places}, registry, QUERIES)


def costs(crowd: Crowd) -> dict[str, int]:
    """The queries of each page as an administrator gets it; the first look is not counted, since it fills caches."""
    browser = Client()
    browser.force_login(User.objects.get(name=crowd.user.name.replace("asker", "owner")))
    counted = {}
    for name, address in pages(crowd):
        if browser.get(address).status_code == 200:
            with CaptureQueriesContext(connection) as asked:
                browser.get(address)
            counted[name] = len(asked)
    return counted


def test_no_page_asks_more_with_many_rows() -> None:
    few, many = costs(crowds.make(FEW, "few")), costs(crowds.make(MANY, "many"))
    assert len(few) > 70
    assert set(few) == set(many)
    grown = {name: (few[name], count) for name, count in many.items() if count > few[name] + ALLOWED.get(name, AT_ONCE)}
    assert grown == {}
    assert {name: count for name, count in many.items() if count > MOST} == {}
