"""What people fill in about registries and collections. Names are judged by `artifacts.naming`, beside their field."""

from collections.abc import Callable
from typing import Any

from django import forms

from artifacts import naming
from artifacts.errors import DomainError
from artifacts.models import Project
from registry.models import Registry

ALL, SPECIFIC = "all", "specify"


def checked(judge: Callable[[str], object], text: str) -> str:
    """The text, or the domain's refusal of it as the error of a field."""
    try:
        judge(text)
    except DomainError as refusal:
        raise forms.ValidationError(str(refusal)) from None
    return text


def words(text: str) -> list[str]:
    """The names in a field that takes several, separated by commas."""
    return naming.distinct(part.strip() for part in text.split(",") if part.strip())


class NamesField(forms.CharField):
    """Several names separated by commas, each judged."""

    def __init__(self, judge: Callable[[str], object], **options: Any) -> None:
        super().__init__(max_length=4000, **options)
        self.judge = judge

    def clean(self, value: Any) -> list[str]:
        """The names, each once."""
        names = words(super().clean(value) or "")
        for name in names:
            checked(self.judge, name)
        return names


def described(**attributes: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 4, **attributes})


class RegistryForm(forms.Form):
    """A new registry."""

    name = forms.CharField(label="Name", strip=True, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(label="Description", required=False, max_length=100_000, widget=described())
    visibility = forms.ChoiceField(
        label="Registry visibility",
        choices=[
            (Project.Visibility.ORGANIZATION, "Organization"),
            (Project.Visibility.RESTRICTED, "Restricted"),
        ],
        initial=Project.Visibility.ORGANIZATION,
        help_text="Organization: every member can open it. Restricted: only people and teams who are added can see it.",
    )
    accepted = forms.ChoiceField(
        label="Accepted artifacts type",
        choices=[(ALL, "All types"), (SPECIFIC, "Specify types")],
        initial=ALL,
        help_text="Types can be added later; a saved type stays.",
    )
    types = NamesField(
        naming.type_name,
        label="Types",
        required=False,
        help_text="Such as model, dataset: several with commas between them.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "model, dataset"}),
    )

    def clean_name(self) -> str:
        """A name that a registry may have."""
        return checked(naming.registry_project_name, self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        """Specified types must be named; with all types none count."""
        data = super().clean() or self.cleaned_data
        if data.get("accepted") == ALL:
            data["types"] = []
        elif "types" in data and not data["types"]:
            self.add_error("types", "Name at least one type, or choose “All types”.")
        return data


class RegistryOnTheWayForm(RegistryForm):
    """A new registry that is made with the link of a version: what it is called, who sees it, which types it takes."""

    description = None  # type: ignore[assignment]
    prefix = "new"

    def __init__(self, data: dict[str, str] | None, *, type_name: str, initial: dict[str, str]) -> None:
        super().__init__(data, initial={"accepted": SPECIFIC, "types": type_name, **initial})
        self.type_name = type_name
        self.fields["name"].label = "Registry name"

    def clean(self) -> dict[str, Any]:
        """The version that is linked has to fit."""
        data = super().clean()
        if data.get("types") and self.type_name not in data["types"]:
            self.add_error("types", f"The version is of type {self.type_name}; name it too, or choose “All types”.")
        return data


class CollectionForm(forms.Form):
    """A new, empty collection of a registry."""

    name = forms.CharField(label="Name", strip=True, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    type = forms.CharField(label="Type", max_length=128)
    description = forms.CharField(label="Description", required=False, max_length=100_000, widget=described())
    tags = NamesField(
        naming.tag_name,
        label="Tags",
        required=False,
        help_text="Several with commas between them.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, registry: Registry, **options: Any) -> None:
        super().__init__(*args, **options)
        if registry.accepts_all_types:
            self.fields["type"].widget = forms.TextInput(attrs={"list": "known-types", "autocomplete": "off"})
            self.fields["type"].help_text = "Any type: this registry accepts all."
        else:
            self.fields["type"] = forms.ChoiceField(
                label="Type", choices=[(name, name) for name in registry.type_names]
            )

    def clean_name(self) -> str:
        """A name that a collection may have."""
        return checked(naming.collection_name, self.cleaned_data["name"])

    def clean_type(self) -> str:
        """A type that a collection may have."""
        return checked(naming.type_name, self.cleaned_data["type"])


class DescriptionForm(forms.Form):
    """A Markdown text."""

    description = forms.CharField(
        label="Description",
        required=False,
        max_length=100_000,
        widget=described(rows="14"),
        help_text="Markdown.",
    )


class GeneralForm(forms.Form):
    """A registry's name and the few words on its card."""

    name = forms.CharField(
        label="Name", max_length=113, strip=True, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    description = forms.CharField(
        label="Description", required=False, max_length=100_000, widget=described(rows="3"), help_text="Plain text."
    )

    def __init__(self, *args: Any, renames: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].required = renames  # who may not rename isn't asked

    def clean_name(self) -> str:
        """A name that a registry may have."""
        name = self.cleaned_data["name"]
        return checked(naming.registry_project_name, name) if name else ""


class TagForm(forms.Form):
    """Tags to add."""

    tag = NamesField(
        naming.tag_name,
        label="Tags",
        help_text="Letters, digits, spaces, “-” and “_”; several with commas between them.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AliasForm(forms.Form):
    """An alias of a registry to protect."""

    alias = forms.CharField(label="Protected alias", max_length=128)

    def clean_alias(self) -> str:
        """A name that an alias may have."""
        return checked(naming.alias_name, self.cleaned_data["alias"])


class TypesForm(forms.Form):
    """Types that a registry shall accept too."""

    types = NamesField(naming.type_name, label="New type")


class AcceptedForm(forms.Form):
    """Whether a registry takes every type or those of a list."""

    accepted = forms.ChoiceField(
        label="Accepted artifact types", choices=[(ALL, "All types"), (SPECIFIC, "Specify types")]
    )


class AccessForm(forms.Form):
    """People and teams who shall see a registry."""

    names = NamesField(
        str.strip,
        label="Include users and teams",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "list": "who-may",
                "placeholder": "Names or e-mail addresses, with commas between them",
            }
        ),
    )


class NewMemberForm(forms.Form):
    """Somebody who shall have a role of their own in a registry."""

    member = forms.CharField(
        label="Member",
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "list": "who-may", "placeholder": "Name or e-mail address"}
        ),
    )


class DeprecationForm(forms.Form):
    """Why a version should no longer be used, and which one to use instead."""

    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        help_text="One sentence for whoever uses it; it stands on its page, in lists and in the code to copy.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    successor = forms.ChoiceField(label="Use instead", required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["successor"].choices = choices  # type: ignore[attr-defined]


class DeleteForm(forms.Form):
    """The name of what is deleted, typed once more."""

    name = forms.CharField(
        label="Type the name", widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )

    def __init__(self, *args: Any, title: str, what: str = "registry", **options: Any) -> None:
        options.setdefault("auto_id", "delete_%s")  # the page below has a field “name” too
        super().__init__(*args, **options)
        self.fields["name"].label = f"Type the name of the {what}"
        self.title = title

    def clean_name(self) -> str:
        """Refuse another name."""
        if self.cleaned_data["name"] != self.title:
            raise forms.ValidationError(f"This is not the name; type “{self.title}” as it is written.")
        return str(self.cleaned_data["name"])


class SavedSearchForm(forms.Form):
    """A search to be kept, or its new name."""

    name = forms.CharField(
        label="Name", max_length=128, strip=True, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_name(self) -> str:
        """A name that a saved search may have."""
        return checked(naming.search_name, self.cleaned_data["name"])


def refused(form: forms.Form, refusal: DomainError, field: str | None = None) -> None:
    """Put the domain's refusal beside the field that it is about, or above the form."""
    form.add_error(field, str(refusal))
