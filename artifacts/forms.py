"""What people fill in about accounts, teams and organizations. What a form can't know, the action says."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms

from artifacts.automations.webhook_urls import webhook_url
from artifacts.errors import DomainError
from artifacts.models import Entity, User
from artifacts.models.organizations import MEMBER_ROLES, Role
from artifacts.versions.time_to_live import days_of

THEME_CHOICES = [("", "Like the system"), ("light", "Light"), ("dark", "Dark")]


class LoginForm(forms.Form):
    """Name and password."""

    name = forms.CharField(
        label="Name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    stay = forms.BooleanField(label="Stay logged in on this device", required=False, initial=True)


class ProfileForm(forms.Form):
    """What others see of a person."""

    full_name = forms.CharField(
        label="Full name",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class DefaultEntityForm(forms.Form):
    """Where runs go that name no entity."""

    entity = forms.ModelChoiceField(label="Default entity", queryset=Entity.objects.none(), empty_label=None)

    def __init__(self, *args: object, entities: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["entity"].queryset = entities  # type: ignore[attr-defined]


class ThemeForm(forms.Form):
    """Light or dark."""

    theme = forms.ChoiceField(label="Theme", choices=THEME_CHOICES, required=False)


class ApiKeyForm(forms.Form):
    """A new key. `once` makes that sending the same form again, as a reload does, makes no second key."""

    description = forms.CharField(
        label="Description",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Where it will be used, such as “laptop”", "autocomplete": "off"}),
    )
    once = forms.RegexField(regex=r"^[0-9a-f]{32}$", widget=forms.HiddenInput)


class PasswordForm(forms.Form):
    """A new password, by whoever knows the old one."""

    old = forms.CharField(
        label="Current password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="New password",
        max_length=4096,
        strip=False,
        min_length=12,
        help_text="12 characters or more; not a common one, not like your name.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="New password again",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Typed the same twice."""
        again = str(self.cleaned_data["again"])
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise forms.ValidationError("The two new passwords differ; type the same one twice.")
        return again


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label="Role", choices=[(role.value, role.label) for role in MEMBER_ROLES])


class MemberForm(RoleForm):
    """Somebody with an account here, and the role they get."""

    name = forms.CharField(
        label="Name",
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": "Name of somebody with an account here", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label="Role", choices=[(role.value, role.label) for role in MEMBER_ROLES], initial=Role.MEMBER
    )
    field_order = ("name", "role")

    def clean_name(self) -> User:
        """The person of this name."""
        name = str(self.cleaned_data["name"])
        found = User.objects.named(name).filter(is_active=True).first()
        if found is None:
            raise forms.ValidationError(
                f"Nobody here is called “{name}”; check the name, or ask a site administrator to make the account."
            )
        return found


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(
        label="Team name",
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": "vision", "autocomplete": "off"}),
        help_text="Also the team's entity and address: letters, digits, “-”, “_” and “.”.",
    )


class VersionDescriptionForm(forms.Form):
    """What people should know about a version."""

    description = forms.CharField(
        label="Description",
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Markdown. It is the same wherever the version is linked.",
    )


class CollectionNameForm(forms.Form):
    """Another name for a collection."""

    name = forms.CharField(
        label="Name", max_length=128, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )


class ProjectForm(forms.Form):
    """A project's description and, from those who manage it, its name."""

    name = forms.CharField(label="Name", max_length=128, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Plain text, shown on top of the project’s runs.",
    )

    def __init__(self, *args: Any, renames: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        if not renames:
            del self.fields["name"]


class VersionMetadataForm(forms.Form):
    """The attached metadata as JSON."""

    metadata = forms.CharField(
        label="Metadata",
        required=False,
        widget=forms.Textarea(attrs={"rows": 22, "class": "mono", "spellcheck": "false"}),
        help_text="A JSON object. It is the same wherever the version is linked.",
    )


class _BesideOthers(forms.Form):
    """A form on a page with others: the ids of its controls begin with a word of its own."""

    word = ""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **{"auto_id": f"{self.word}_%s", **options})  # type: ignore[arg-type]


class _DeliveryForm(_BesideOthers):
    """What automations deliver to. The form judges the address itself, so that a refusal stands beside its field."""

    def clean_url(self) -> str:
        """An address that one may deliver to."""
        try:
            return webhook_url(str(self.cleaned_data["url"]).strip())
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class WebhookForm(_DeliveryForm):
    """A new webhook of a team, sent with secrets of that team."""

    word = "webhook"

    name = forms.CharField(label="Webhook name", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    url = forms.CharField(
        label="Endpoint URL",
        max_length=2048,
        widget=forms.TextInput(attrs={"placeholder": "https://example.com/hook", "autocomplete": "off"}),
    )
    access_token = forms.ChoiceField(label="Access token", required=False)
    secret = forms.ChoiceField(label="Secret", required=False)

    def __init__(self, *args: object, secrets: list[str], **options: object) -> None:
        super().__init__(*args, **options)
        for name in ("access_token", "secret"):
            self.fields[name].choices = [("", "None"), *((secret, secret) for secret in secrets)]  # type: ignore[attr-defined]


class SlackForm(_DeliveryForm):
    """A Slack channel, by one of its incoming webhooks."""

    word = "slack"

    team = forms.CharField(
        label="Slack workspace", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    channel = forms.CharField(
        label="Channel",
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "alerts", "autocomplete": "off"}),
    )
    url = forms.CharField(
        label="Incoming webhook URL",
        max_length=2048,
        help_text="From Slack's “Incoming Webhooks”. It is sealed and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class SecretValueForm(_BesideOthers):
    """Another value of a secret."""

    word = "new_value"

    value = forms.CharField(
        label="Value",
        max_length=10_000,
        strip=False,
        help_text="It is sealed and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class SecretForm(SecretValueForm):
    """A new secret."""

    word = "secret"

    name = forms.CharField(
        label="Secret name",
        max_length=64,
        help_text="Letters, digits and “_”.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "DEPLOY_TOKEN"}),
    )
    field_order = ("name", "value")


MOST_DAYS = 36_500
DAYS = {
    "invalid": "Write a whole number of days, such as 30.",
    "min_value": "Write 1 day or more; “Deactivate” keeps a version without end.",
    "max_value": f"Write at most {MOST_DAYS:,} days; “Deactivate” keeps a version without end.",
}
OF_A_TEAM = {**DAYS, "min_value": "Write 1 day or more.", "max_value": f"Write at most {MOST_DAYS:,} days."}


class TtlForm(forms.Form):
    """How long a version is kept: as its team says, for a number of days, or without end."""

    INHERIT, CUSTOM, DEACTIVATE = "inherit", "custom", "deactivate"
    OWN = ((CUSTOM, "Custom"), (DEACTIVATE, "Deactivate"))
    policy = forms.ChoiceField(label="TTL policy", choices=[(INHERIT, "Inherit from the team"), *OWN])
    days = forms.IntegerField(
        label="TTL duration",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        error_messages=DAYS,
        help_text="Days from the version’s creation; counts with “Custom”.",
    )

    def clean(self) -> dict[str, object]:
        """A custom policy needs its days."""
        data = super().clean() or self.cleaned_data
        if data.get("policy") == self.CUSTOM and not data.get("days") and "days" not in self.errors:
            self.add_error("days", "Say for how many days the version is kept.")
        return data


class TeamTtlForm(forms.Form):
    """How long a team's versions are kept that have no policy of their own, and who sets policies."""

    EVERYBODY, ADMINS = "members", "admins"
    permission = forms.ChoiceField(
        label="TTL permissions",
        choices=[(EVERYBODY, "Admins and members"), (ADMINS, "Admins only")],
        help_text="Who may edit the TTL policy of a version.",
    )
    has_default = forms.BooleanField(label="Set team’s default TTL policy", required=False)
    days = forms.IntegerField(
        label="Duration",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        error_messages=OF_A_TEAM,
        help_text="Days from a version’s creation; also for versions that are there already, if they inherit.",
    )

    @classmethod
    def of(cls, team: Entity, data: Mapping[str, str] | None = None) -> Self:
        """The form as it was sent, or as a team has it."""
        days = days_of(team.ttl_seconds)
        permission = cls.ADMINS if team.ttl_by_admins else cls.EVERYBODY
        return cls(data, initial={"permission": permission, "has_default": days is not None, "days": days})

    def clean(self) -> dict[str, object]:
        """A default needs its days."""
        data = super().clean() or self.cleaned_data
        if data.get("has_default") and not data.get("days") and "days" not in self.errors:
            self.add_error("days", "Say for how many days versions are kept.")
        return data
