"""The organization that `load_demo` makes: what every page of the product has something to show for."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from artifacts.actions import aliases_and_tags, collections, organizations, people
from artifacts.actions.automations import create_automation
from artifacts.actions.runs import use_version
from artifacts.actions.saving.begin import Draft
from artifacts.automations.payloads import GivenAction
from artifacts.models import ArtifactVersion, Collection, Entity, Organization, Project, Run, User
from registry.actions import members, registries, searches
from registry.actions.deprecation import deprecate
from registry.actions.link import link_by_name
from registry.actions.settings import choose_icon
from registry_site.demo import calendar, files
from registry_site.demo.saving import Training, run_of, version_of

ORGANIZATION = "Acme Robotics"
PEOPLE = {"ada": "Ada Byron", "grace": "Grace Holt", "linus": "Linus Aalto", "mei": "Mei Tan", "tomas": "Tomás Ruiz"}
CARD = """## Summary

Finds vehicles, people and signs in street scenes. **Not for** night scenes or fisheye lenses.

## License

Apache-2.0

## Training data

`street-scenes`, 40,000 frames from twelve cities. See *Lineage* of each version.

| class | frames | mAP |
|---|---|---|
| car | 18,200 | 0.94 |
| bicycle | 2,100 | 0.81 |

## Deployment

```python
artifact = run.use_artifact("wandb-registry-model/detectors:production")
```

## References

- Error analysis: `report.ipynb` in each version's files
"""


@dataclass
class Cast:
    """Who is in the story, and where it plays."""

    organization: Organization
    vision: Entity
    speech: Entity
    ada: User
    grace: User
    linus: User
    mei: User
    tomas: User


def load() -> tuple[Cast, str]:
    """Make the whole organization; gives the cast and the password that everybody in it has."""
    began = timezone.now()
    password = secrets.token_urlsafe(12)
    cast = hired(password)
    model, dataset = (registry(cast, name) for name in ("model", "dataset"))
    golden = registries.create_registry(
        cast.organization, "Golden Datasets", description="Frozen sets that every release is measured on.",
        visibility=Project.Visibility.RESTRICTED, types=["dataset"], acting_user=cast.ada,
    ).project  # fmt: skip
    choose_icon(golden, "shield-check", "c", acting_user=cast.ada)
    members.add_members(golden, [cast.vision, cast.mei], acting_user=cast.ada)
    registries.create_registry(
        cast.organization,
        "On-device",
        description="What runs on the robots themselves.",
        types=["model", "engine"],
        acting_user=cast.grace,
    )
    registries.star_registry(model, True, acting_user=cast.ada)
    for alias in ("production", "staging"):
        registries.protect_alias(model, alias, acting_user=cast.ada)
    scenes = datasets(cast, dataset, golden)
    detectors = street_detectors(cast, model, scenes)
    speech(cast, model)
    exported(cast, detectors)
    searches.save_search("Street models", "q=street&type=model", acting_user=cast.ada)
    calendar.spread(cast.organization, began, timezone.now(), over=timedelta(days=33), last=timedelta(minutes=50))
    return cast, password


def hired(password: str) -> Cast:
    """The people, the organization and its two teams."""
    person = {
        name: people.create_user(
            name, email=f"{name}@acme.example", password=password, full_name=full, acting_user=None
        )
        for name, full in PEOPLE.items()
    }
    acme = registries.create_organization(ORGANIZATION, owner=person["ada"], acting_user=None)
    in_vision = [
        (person["ada"], "admin"),
        (person["grace"], "member"),
        (person["linus"], "member"),
        (person["tomas"], "viewer"),
    ]
    vision = organizations.create_team("acme-vision", acme, members=in_vision, acting_user=None)
    speech = organizations.create_team(
        "acme-speech", acme, members=[(person["mei"], "admin"), (person["linus"], "member")], acting_user=None
    )
    return Cast(acme, vision, speech, **person)


def registry(cast: Cast, name: str) -> Project:
    """One of the organization's registries."""
    return Project.objects.select_related("entity").get(
        entity__organization=cast.organization, name=f"wandb-registry-{name}"
    )


def datasets(cast: Cast, dataset: Project, golden: Project) -> list[ArtifactVersion]:
    """Raw frames, then sets made of them: the first of three steps of lineage."""
    made = []
    for number in range(3):
        job = run_of(
            Training(
                cast.vision, "street-scenes", "collect", cast.grace, {"city": ["Lyon", "Oslo", "Quito"][number]}, 0.5
            )
        )
        raw = version_of(
            job, Draft("dataset", "raw-frames", "", metadata={"frames": 12_000 + 900 * number}),
            {f"frames/{place:03d}.png": files.png(96, 64, number * 10 + place) for place in range(4)},
            references={"archive.tar": f"https://data.acme.example/street/{number}.tar"}, user=cast.grace,
        )  # fmt: skip
        job = run_of(Training(cast.vision, "street-scenes", "prepare", cast.grace, {"split": 0.2, "seed": number}, 0.6))
        use_version(job, raw, acting_user=cast.grace)
        labels_csv = files.csv(
            ["frame", "class", "boxes"],
            [(f"{row:03d}.png", ["car", "person", "sign"][row % 3], row % 5) for row in range(60)],
        )
        preview = files.table(
            ["frame", "class", "boxes"], [(f"{row:03d}.png", ["car", "person"][row % 2], row) for row in range(25)]
        )
        prepared = version_of(
            job, Draft("dataset", "street-scenes", "", description="Frames with boxes, checked by two people.", tags=["checked"],
                       metadata={"frames": 10_000 + number * 1500, "classes": 14, "split": {"train": 0.8, "val": 0.2}}),
            {"labels.csv": labels_csv, "preview.table.json": preview, "README.md": b"# street-scenes\n\nBoxes in *pixels*.\n",
             "dataset.yaml": files.yaml({"classes": 14, "source": "street", "version": number})}, user=cast.grace,
        )  # fmt: skip
        link_by_name(
            prepared, dataset, "street-scenes", aliases=["gold"] if number == 2 else [], acting_user=cast.grace
        )
        made.append(prepared)
    frozen = link_by_name(made[-1], golden, "street-benchmark", aliases=["frozen"], acting_user=cast.ada)
    aliases_and_tags.tag_collection(frozen.collection, ["vision", "benchmark"], acting_user=cast.ada)
    return made


def street_detectors(cast: Cast, model: Project, scenes: list[ArtifactVersion]) -> list[ArtifactVersion]:
    """Eight trainings, each better at something; five of them reviewed and linked."""
    made = []
    for number in range(8):
        config = {
            "lr": round(0.01 / (number + 1), 5),
            "batch": 16 * (1 + number % 3),
            "backbone": ["resnet50", "convnext"][number % 2],
        }
        who = [cast.grace, cast.linus][number % 2]
        job = run_of(
            Training(
                cast.vision,
                "detector",
                "train",
                who,
                config,
                0.78 + 0.022 * number,
                ["nightly"],
                "Sweep over the rate.",
            )
        )
        use_version(job, scenes[min(number // 3, 2)], acting_user=who)
        version = version_of(job, detector(number, config), detector_files(number, config), user=who)
        made.append(version)
        if number in {1, 3, 4, 6, 7}:
            link = link_by_name(
                version, model, "detectors", aliases=["candidate"] if number == 7 else [], acting_user=who
            )
            if number in {3, 6}:
                aliases_and_tags.add_aliases(link, ["production" if number == 3 else "staging"], acting_user=cast.ada)
    collection = Collection.objects.get(project=model, name="detectors")
    collections.describe_collection(collection, CARD, acting_user=cast.ada)
    aliases_and_tags.tag_collection(collection, ["vision", "street"], acting_user=cast.ada)
    holders = {
        membership.index: membership
        for membership in collection.memberships.select_related("version", "collection__project__entity")
    }
    aliases_and_tags.add_aliases(holders[3], ["production"], acting_user=cast.ada)
    aliases_and_tags.add_aliases(holders[4], ["staging"], acting_user=cast.ada)
    deprecate(holders[2], "It misses cyclists at night.", successor=holders[3], acting_user=cast.grace)
    evaluation(cast, model, made)
    deployment(cast, model, made[-1])
    return made


def detector(number: int, config: dict[str, object]) -> Draft:
    """What a detector says of itself."""
    metadata = {
        "accuracy": round(0.81 + 0.018 * number, 3),
        "epochs": 12,
        "classes": ["car", "person", "sign"],
        "input": {"height": 640, "width": 640},
        **config,
    }
    return Draft(
        "model",
        "yolo-street",
        "",
        description=f"Detector number {number}, trained overnight.",
        metadata=metadata,
        tags=["fp32"] if number % 2 else ["fp16", "fast"],
    )


def detector_files(number: int, config: dict[str, object]) -> dict[str, bytes]:
    """Weights, settings, a look at the errors, and an optimizer state that one had better not load."""
    return {
        "model.safetensors": files.safetensors(
            {"backbone.weight": [32, 3, 7, 7], "head.weight": [14, 32], "head.bias": [14]}, number
        ),
        "config.yaml": files.yaml(config),
        "metrics/confusion.csv": files.csv(
            ["class", "precision", "recall"], [("car", 0.9, 0.92), ("person", 0.83, 0.8 + number / 100)]
        ),
        "metrics/samples.png": files.png(160, 100, number),
        "report.ipynb": files.notebook(f"Errors of detector {number}"),
        "optimizer.pkl": files.pickled({"step": 120, "lr": config["lr"]}),
    }


def evaluation(cast: Cast, model: Project, made: list[ArtifactVersion]) -> None:
    """Somebody measures what is published: the third step of lineage, found through the registry."""
    for number, version in enumerate(made[6:]):
        job = run_of(
            Training(cast.vision, "evaluation", "evaluate", cast.linus, {"suite": ["rainy", "night"][number]}, 0.86)
        )
        use_version(job, version, place=model, acting_user=cast.linus)
        scores = files.table(
            ["scene", "map"], [(f"scene {row}", round(0.7 + row / 50 - number / 20, 3)) for row in range(12)]
        )
        version_of(
            job,
            Draft("evaluation", "rainy-day", "", metadata={"map": 0.86}),
            {"scores.table.json": scores},
            user=cast.linus,
        )


def deployment(cast: Cast, model: Project, version: ArtifactVersion) -> None:
    """Seven cities run what is published, more than a level of lineage shows at once; somebody is told when that changes."""
    for city in ("Basel", "Ghent", "Lyon", "Oslo", "Porto", "Quito", "Turku"):
        job = run_of(Training(cast.vision, "deployment", "serve", cast.grace, {"city": city}, 0.88))
        use_version(job, version, place=model, acting_user=cast.grace)
    create_automation(
        "Tell the deployer",
        model,
        event="ADD_ARTIFACT_ALIAS",
        condition="{}",
        action=GivenAction("NO_OP"),
        description="Whenever an alias is set in this registry.",
        acting_user=cast.ada,
    )


def speech(cast: Cast, model: Project) -> None:
    """The other team's models and samples."""
    for number in range(3):
        job = run_of(
            Training(
                cast.speech,
                "wake-word",
                "train",
                cast.mei,
                {"lr": 0.001, "window_ms": 640 + 80 * number},
                0.84 + 0.03 * number,
            )
        )
        version = version_of(
            job, Draft("model", "wake-word", "", metadata={"accuracy": 0.9 + number / 50, "language": "en"}),
            {"weights.safetensors": files.safetensors({"rnn.weight": [64, 40]}, number),
             "samples/hey.wav": files.wav(0.4, 330 + 40 * number)}, user=cast.mei,
        )  # fmt: skip
        link_by_name(version, model, "wake-word", aliases=["canary"] if number == 2 else [], acting_user=cast.mei)
    aliases_and_tags.tag_collection(
        Collection.objects.get(project=model, name="wake-word"), ["speech"], acting_user=cast.mei
    )
    registries.create_collection(
        model,
        "model",
        "diarizer",
        description="Who speaks when. Nothing is good enough yet.",
        tags=["speech"],
        acting_user=cast.mei,
    )


def exported(cast: Cast, made: list[ArtifactVersion]) -> None:
    """The best detector as it runs on a robot, in a registry of its own."""
    job: Run = run_of(Training(cast.vision, "export", "quantize", cast.grace, {"bits": 8}, 0.88))
    use_version(job, made[-1], acting_user=cast.grace)
    version = version_of(
        job, Draft("engine", "yolo-int8", "", metadata={"bits": 8, "size_mib": 3}, tags=["int8"]),
        {"model.gguf": files.gguf("yolo-street int8", 8), "calibration.json": b'{"frames": 512, "percentile": 99.9}'}, user=cast.grace,
    )  # fmt: skip
    link_by_name(version, registry(cast, "On-device"), "street-int8", aliases=["robot-4"], acting_user=cast.grace)
