"""What all tables of the admin panel have in common: cheap to open, and a refusal of the domain is said above the form."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from artifacts.errors import DomainError
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text

if TYPE_CHECKING:
    AnyAdmin = ModelAdmin[Any]
    AnyForm = forms.ModelForm[Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin, AnyForm, AnyPaginator = ModelAdmin, forms.ModelForm, Paginator

COUNTED = 10_000


class BoundedPaginator(AnyPaginator):
    """Counts no further than a person would page: a table of millions opens as quickly as a small one."""

    @cached_property
    def count(self) -> int:
        """At most COUNTED."""
        return len(self.object_list.order_by().values_list("pk", flat=True)[:COUNTED])  # type: ignore[attr-defined]


class PanelTable(AnyAdmin):
    """A table of the panel: newest first, cheap to open; a refusal is said above the form."""

    show_full_result_count = False
    list_per_page = 50
    ordering = ("-pk",)
    paginator = BoundedPaginator
    actions = None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Names are compared by their keys."""
        return super().get_search_results(request, queryset, key_of(clean_text(search_term[:200])))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """No secret is guessed letter by letter through the address."""
        if "digest" in lookup or "password" in lookup or "sealed" in lookup:
            return False
        return super().lookup_allowed(lookup, value, request)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """A refusal changed nothing: the form again, as it was filled in, with its sentence above."""
        try:
            return super().changeform_view(request, *args, **options)
        except DomainError as error:
            request.refusal = str(error)  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **options)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """After a refusal the same form, which doesn't pass and says why."""
        form = super().get_form(request, obj, change, **options)
        refusal = getattr(request, "refusal", "")
        if not refusal:
            return form

        def refuse(self: AnyForm) -> None:
            """The form itself found no fault; the action did."""
            raise forms.ValidationError(refusal)

        return type("Refused", (form,), {"clean": refuse})

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """A refused deletion changed nothing: the page again, with the sentence above."""
        try:
            return super().delete_view(request, *args, **options)
        except DomainError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        messages.error(request, str(error))
        return HttpResponseRedirect(request.get_full_path())

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Only what was chosen: listing all that goes with it would read whole tables."""
        names = [str(row) for row in objs]
        return (
            [f"{name} and all that belongs to it" for name in names],
            {str(self.opts.verbose_name_plural): len(names)},
            set(),
            [],
        )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Row by row, so that each is deleted by its action."""
        for row in queryset:
            self.delete_model(request, row)


class ReadOnly(PanelTable):
    """What the product alone writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes."""
        return False


def become(row: Model, made: Model) -> None:
    """Let the panel's unsaved row be the one that an action made."""
    row.__dict__.update(made.__dict__)
