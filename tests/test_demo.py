"""The demo's organization: it loads through the real functions, holds every invariant, and its pages can be opened."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from artifacts.errors import Conflict
from artifacts.models import ArtifactVersion, AuditEvent, Collection, RunUse, User
from registry.history.aliases import as_of

PAGES = [
    "/registry",
    "/orgs/Acme Robotics/registry/model",
    "/orgs/Acme Robotics/registry/model/detectors?metrics=1",
    "/orgs/Acme Robotics/registry/model/detectors/production",
    "/orgs/Acme Robotics/registry/model/detectors/latest/lineage",
    "/orgs/Acme Robotics/registry/model/detectors/latest/files",
    "/acme-vision/detector/artifacts",
    "/acme-vision",
]


def test_the_demo_loads_once_and_every_page_has_something_to_show(transactional_db: None, client: Client) -> None:
    call_command("load_demo")
    detectors = Collection.objects.get(name="detectors")
    assert detectors.version_count == 5
    assert set(detectors.aliases.values_list("name", flat=True)) == {"production", "staging", "candidate", "latest"}
    set_first = AuditEvent.objects.filter(collection_number=detectors.pk, data__alias="production").earliest("pk")
    assert set_first.created_at < timezone.now() - timedelta(days=5)  # all was made just now, and seems to be weeks old
    assert ("production", "v1") in [(one.alias, one.version) for one in as_of(detectors, set_first.created_at)]
    old = detectors.memberships.get(deprecated_at__isnull=False)
    assert (old.name, old.successor.name) == ("v2", "v3")
    assert RunUse.objects.filter(through__name="detectors").count() == 9
    assert ArtifactVersion.objects.live().count() == 20
    call_command("fsck", deep=True)  # fails on any broken invariant
    client.force_login(User.objects.get(name="ada"))
    for path in PAGES:
        assert client.get(path).status_code == 200, path
    with pytest.raises(Conflict):
        call_command("load_demo")
