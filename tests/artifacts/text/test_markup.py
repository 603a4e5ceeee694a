"""What the template tags make of names, numbers, times and people's Markdown."""

import math
import time
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from artifacts.templatetags import linkyard
from artifacts.text import markup


@pytest.mark.parametrize(
    ("size", "said"),
    [(None, "–"), (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (25_270_000, "24.1 MiB"), (2**50 - 1, "1.0 PiB")],
)
def test_sizes_are_binary(size: int | None, said: str) -> None:
    assert linkyard.binary_size(size) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.9312345, "0.9312"),
        (12345.678, "12,346"),
        (1e-9, "1e-09"),
        (1e300, "1e+300"),
        (41_800, "41,800"),
        pytest.param(10**400, "1.000e+400", id="huge"),
        (-3, "-3"),
        (True, "true"),
        (math.nan, "NaN"),
        (-math.inf, "-∞"),
        (None, "–"),
        ("adam", "adam"),
    ],
)
def test_metrics_have_four_digits(value: object, said: str) -> None:
    assert linkyard.metric(value) == said


@pytest.mark.parametrize(("difference", "said"), [(0.003, "+0.003"), (-0.012, "−0.012"), (0, "±0")])
def test_changes_have_a_sign(difference: float, said: str) -> None:
    assert linkyard.signed(difference) == said


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=22), "3 weeks ago"),
        (timedelta(minutes=-12, seconds=-5), "in 12 min"),
        (timedelta(days=-3, seconds=-5), "in 3 days"),
    ],
)
def test_times_are_relative_and_keep_the_exact_one(before: timedelta, said: str) -> None:
    moment = timezone.now() - before
    shown = linkyard.ago(moment)
    assert f">{said}</time>" in shown
    assert f'title="{moment:%Y-%m-%d %H:%M} UTC"' in shown


def test_a_time_long_ago_is_a_date() -> None:
    moment = timezone.now() - timedelta(days=90)
    assert f">{moment.day} {moment:%b %Y}</time>" in linkyard.ago(moment)
    assert "–" in linkyard.ago(None)


def test_a_name_keeps_its_colour() -> None:
    assert linkyard.avatar_class("ada") == linkyard.avatar_class("ada")
    assert {linkyard.avatar_class(f"person-{n}") for n in range(50)} == set(linkyard.AVATAR_CLASSES)


def test_an_icon_is_silent_and_a_wrong_name_fails() -> None:
    assert 'class="icon" aria-hidden="true"' in linkyard.icon("box")
    with pytest.raises(Exception, match="does not exist"):
        linkyard.icon("no-such-icon")


def test_spark_points_leave_gaps_out() -> None:
    assert linkyard.spark_points([1, None, math.nan, 3]) == "2.0,20.0 94.0,2.0"
    assert linkyard.spark_points([]) == linkyard.spark_points([None]) == ""
    assert linkyard.spark_points([5, 5]) == "2.0,20.0 94.0,20.0"


def test_markdown_is_rendered_below_the_headings_of_the_page() -> None:
    shown = markup.markdown_html("# Training data\n\n- [coco](https://example.com) **42**\n\n| a |\n|-|\n| 1 |")
    assert "<h3>Training data</h3>" in shown
    assert '<a href="https://example.com" rel="nofollow noopener">coco</a>' in shown
    assert "<td>1</td>" in shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://example.com/track.png)",
        '<a href="https://example.com" onclick="x()">x</a>',
        "<style>*{display:none}</style>",
    ],
)
def test_markdown_can_do_no_harm(text: str) -> None:
    shown = markup.markdown_html(text)
    for harm in ("<script", "<img", "<style", 'href="javascript', 'href="data', "<a href=&quot;"):
        assert harm not in shown


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "[" * 1_900,
        "[](" * 640,
        ("[" * 390 + "\n") * 5,
        "*a_ " * 600,
        ("*a _b " * 60 + "\n") * 10,
        "`" * 65_000,
        ">" * 1_900,
        "> " * 30_000,
        "- " * 30_000,
        "".join("  " * level + "- x\n" for level in range(250)),
        "|a" * 30_000 + "\n" + "|-" * 30_000,
        "|a|b|\n|-|-|\n" + "|1|2|\n" * 10_000,
        "[x]: y\n" * 300,
        "a" * 65_000,
        "\n" * 65_000,
        "# " * 30_000,
        "1. " * 20_000,
        "    x\n" * 10_000,
        "&amp;" * 390,
        "-" * 65_000,
        "=\n" * 30_000,
        "a\n-|\n" * 10_000,
        "ä\ud800",
    ],
    ids=range(24),
)
def test_hostile_markdown_is_quick(text: str) -> None:
    started = time.perf_counter()
    markup.markdown_html.__wrapped__(text)
    assert time.perf_counter() - started < 1


def test_markdown_that_costs_too_much_is_shown_as_typed() -> None:
    assert markup.markdown_html("<b>" + "[" * 3_000).startswith('<pre class="plain" tabindex="0">&lt;b&gt;[[[')


def test_python_is_coloured_and_escaped() -> None:
    shown = markup.python_html('with wandb.init(entity="<team>") as run:\n    x = "</code><script>"')
    assert '<span class="k">with</span>' in shown
    assert '<span class="f">init</span>' in shown
    assert '<span class="s">&quot;<span class="p">&lt;team&gt;</span>&quot;</span>' in shown
    assert "<script>" not in shown


def test_block_tags_keep_what_stands_in_them() -> None:
    source = (
        "{% load linkyard %}{% breadcrumbs %}{% crumb 'model' '/m' %}{% crumb name %}{% endbreadcrumbs %}"
        "{% menu id='m' title='Actions for v1' %}<li>{{ name }}</li>{% endmenu %}"
        "{% note 'bad' title='No.' %}{{ name }}{% endnote %}{% fact 'Digest' %}{{ name }}{% endfact %}"
    )
    shown = Template(source).render(Context({"name": "<x>"}))
    assert shown.count("&lt;x&gt;") == 4
    assert 'aria-label="Actions"' in shown
    assert 'role="alert"' in shown
    assert "<dt>Digest</dt>" in shown
