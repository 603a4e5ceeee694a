"""Where “Link to registry” links a version: into a collection, or into one that is made for it, with its registry or without."""

from dataclasses import dataclass

from artifacts import addresses, naming
from artifacts.access import Can
from artifacts.errors import DomainError, Invalid
from artifacts.models import ArtifactVersion, Collection, Membership, Project, User
from artifacts.naming import key_of
from registry.actions.link import link_by_name, link_into_new_registry, link_version
from registry.actions.registries import refuse_taken_name
from registry.actions.undo import can_take_back
from registry.forms import RegistryOnTheWayForm, refused
from registry.views.linking.address import NEW_REGISTRY, TargetAddress
from registry.views.linking.target_steps import organization_for
from registry.views.linking.unlink import COLLECTION, REGISTRY


class TargetRefused(Exception):
    """What is wrong with the target, by control; without any, it is said by the form of the new registry."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class Target:
    """A collection, or the name of one that is made in `registry`, or in a registry that `form` describes."""

    name: str
    registry: Project | None = None
    collection: Collection | None = None
    form: RegistryOnTheWayForm | None = None

    @property
    def title(self) -> str:
        """The registry, as pages name it."""
        if self.registry is not None:
            return self.registry.title
        return str(self.form.cleaned_data["name"]) if self.form else ""

    @property
    def new(self) -> str:
        """What is made on the way to the link, as the address that takes the link back says it."""
        return "" if self.collection is not None else COLLECTION if self.registry is not None else REGISTRY

    def may_undo(self, version: ArtifactVersion, aliases: list[str]) -> bool:
        """Whether taking the link back would leave everything as it is now."""
        return self.collection is None or can_take_back(version, self.collection, aliases)

    def link(self, version: ArtifactVersion, aliases: list[str], *, acting_user: User) -> Membership:
        """Link, and make what is missing for it, all or nothing."""
        if self.collection is not None:
            return link_version(version, self.collection, aliases=aliases, acting_user=acting_user)
        if self.registry is not None:
            return link_by_name(version, self.registry, self.name, aliases=aliases, acting_user=acting_user)
        assert self.form is not None  # `read_target` gives one of the three
        given = self.form.cleaned_data
        return link_into_new_registry(
            version,
            organization_for(version),
            given["name"],
            self.name,
            visibility=given["visibility"],
            types=given["types"],
            aliases=aliases,
            acting_user=acting_user,
        )


def registry_form(version: ArtifactVersion, address: TargetAddress) -> RegistryOnTheWayForm:
    """The fields of a new registry: judged once the step is sent, else filled with what was typed."""
    is_judged = address.is_sent and address.makes_registry and address.names_registry
    typed = {name.removeprefix("new-"): value for name, value in address.new_registry.items()}
    return RegistryOnTheWayForm(
        dict(address.new_registry) if is_judged else None, initial=typed, type_name=version.type
    )


def read_target(user: User, version: ArtifactVersion, address: TargetAddress, form: RegistryOnTheWayForm) -> Target:
    """The target that the first step names; raises TargetRefused with what is wrong beside its control."""
    if address.makes_collection:
        return _read_new(user, version, address, form)
    title, _, name = address.target.rpartition("/")
    if not title:
        raise TargetRefused({"target": "Choose a collection."})
    try:
        registry = addresses.registry(user, organization_for(version), title, can=Can.LINK)
        return Target(name, registry, addresses.collection(registry, name))
    except DomainError as refusal:
        raise TargetRefused({"target": str(refusal)}) from None


def _read_new(user: User, version: ArtifactVersion, address: TargetAddress, form: RegistryOnTheWayForm) -> Target:
    """A collection to be made, in a registry to be made if that is what was chosen."""
    registry = None
    if address.registry == NEW_REGISTRY:
        _judge_registry(form, version)
    else:
        try:
            if not address.registry:
                raise Invalid("Choose a registry.")
            registry = addresses.registry(user, organization_for(version), address.registry, can=Can.LINK)
        except DomainError as refusal:
            raise TargetRefused({"registry": str(refusal)}) from None
    try:
        naming.collection_name(address.name)
        if registry is not None and registry.collections.filter(name_key=key_of(address.name)).exists():
            raise Invalid(f"“{registry.title}” has a collection of this name already; choose it in the list above.")
    except DomainError as refusal:
        raise TargetRefused({"name": str(refusal)}) from None
    if form.errors:
        raise TargetRefused({})
    return Target(address.name, registry, None, None if registry is not None else form)


def _judge_registry(form: RegistryOnTheWayForm, version: ArtifactVersion) -> None:
    """Say beside the new registry's name that it is taken, before the second step."""
    if form.is_valid():
        try:
            refuse_taken_name(organization_for(version), form.cleaned_data["name"])
        except DomainError as refusal:
            refused(form, refusal, "name")
