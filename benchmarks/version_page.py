"""Whether a page of 50 versions costs the same however many versions its collection has.

    uv run python -m benchmarks.version_page [--sizes 100 10000 100000] [--times 20]

Measured inside one process (no network): the collection's page as the browser gets it, with and without metrics, and an alias resolved
through the client's protocol. Milliseconds of the server's own CPU time, the median.
"""

import statistics
import time
from collections.abc import Callable

from benchmarks.own_place import Place, arguments, own_place

RESOLVE = """query Resolve($project: String!, $entity: String!, $name: String!) {
  project(name: $project, entityName: $entity) { artifactCollectionMembership(name: $name) { id versionIndex artifact { id digest } } } }"""


def fill(size: int) -> tuple[str, str]:
    """A registry collection with this many linked versions; its address and its name."""
    from artifacts.models import Alias, ArtifactVersion, Collection, Membership, Project, Run, User

    user = User.objects.get(name_key="ada")
    source = Project.objects.get(name_key="bench")
    registry = Project.objects.get(name_key="wandb-registry-model")
    name = f"detectors-{size}"
    count = {"next_index": size, "version_count": size, "type": "model", "created_by": user}
    sequence = Collection.objects.create(
        project=source, kind="sequence", name=f"yolo-{size}", name_key=f"yolo-{size}", **count
    )
    portfolio = Collection.objects.create(project=registry, kind="portfolio", name=name, name_key=name, **count)
    runs = Run.objects.bulk_create(
        [
            Run(project=source, name=f"r{size}x{n}", created_by=user, summary={"acc": n / 100, "loss": 1 - n / 100})
            for n in range(100)
        ]
    )
    for start in range(0, size, 5000):
        numbers = range(start, min(start + 5000, size))
        versions = ArtifactVersion.objects.bulk_create(
            [
                ArtifactVersion(
                    sequence=sequence,
                    index=n,
                    digest=f"{n:032x}",
                    state="COMMITTED",
                    run=runs[n % 100],
                    created_by=user,
                )
                for n in numbers
            ]
        )
        Membership.objects.bulk_create([Membership(collection=sequence, version=v, index=v.index) for v in versions])
        Membership.objects.bulk_create(
            [Membership(collection=portfolio, version=v, index=v.index, created_by=user) for v in versions]
        )
    newest = portfolio.memberships.newest_first().first()
    Alias.objects.create(collection=portfolio, membership=newest, name="production", name_key="production")
    return f"/orgs/Acme%20Corp/registry/model/{name}", name


def median(work: Callable[[], object], times: int) -> float:
    """Milliseconds of CPU time, after two that warm the caches."""
    work()
    work()
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append((time.process_time() - began) * 1000)
    return statistics.median(spent)


def main() -> None:
    """Print one table."""
    given = arguments(__doc__, sizes=[100, 10_000, 100_000], times=20).parse_args()
    with own_place() as place:
        measure(place, given.sizes, given.times)


def measure(place: Place, sizes: list[int], times: int) -> None:
    """Fill and time each size in turn."""
    from django.test import Client

    from artifacts.actions import people

    _, key = people.create_api_key(place.user, acting_user=None)
    client = Client()
    print(f"{'versions':>10}{'page':>10}{'metrics':>10}{'alias':>10}   (ms)")
    for size in sizes:
        address, name = fill(size)
        variables = {"project": "wandb-registry-model", "entity": "acme-corp", "name": f"{name}:production"}

        def ask(variables: dict[str, str] = variables) -> None:
            answer = client.post(
                "/graphql",
                {"query": RESOLVE, "variables": variables},
                content_type="application/json",
                headers={"authorization": basic(key)},
            )
            assert answer.json()["data"]["project"]["artifactCollectionMembership"], answer.content

        def show(address: str = address) -> None:
            assert place.browser.get(address).status_code == 200

        page = median(show, times)
        metrics = median(lambda address=address: show(address + "?metrics=1"), times)
        print(f"{size:>10}{page:>10.1f}{metrics:>10.1f}{median(ask, times):>10.1f}")


def basic(key: str) -> str:
    """The client's authorization header."""
    import base64

    return "Basic " + base64.b64encode(f"api:{key}".encode()).decode()


if __name__ == "__main__":
    main()
