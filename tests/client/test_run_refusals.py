"""What a registry doesn't do: each call ends at once, with an exception of the client that says so in one sentence."""

import pytest

from artifacts.models import Run
from registry_site.wandb_api.not_served import LAUNCH, REPORTS, REWINDS, SWEEPS
from tests.client.conftest import Client

pytestmark = pytest.mark.client

CALLS = {
    'wandb.sweep({"method": "grid", "parameters": {"x": {"values": [1]}}}, project="p", entity="vision")': SWEEPS,
    'wandb.agent("vision/p/abcdefgh", function=print, count=1)': SWEEPS,
    'api.sweep("vision/p/abcdefgh")': SWEEPS,
    'list(api.project("p", "vision").sweeps())': SWEEPS,
    'api.run_queue("vision", "q").type': LAUNCH,
    'api.create_run_queue("q", "local-container", entity="vision")': LAUNCH,
    'api.upsert_run_queue("q", {}, "kubernetes", entity="vision")': LAUNCH,
    'list(api.reports("vision/p"))': REPORTS,
    'api.create_custom_chart("vision", "n", "d", "vega2", "private", {})': REPORTS,
    'wandb.init(entity="vision", project="p", resume_from="base?_step=2")': REWINDS,
    'wandb.init(entity="vision", project="p", fork_from="base?_step=2")': "Forking a run is not served here",
    'api.job("vision/p/j:v0")': "Job artifact vision/p/j:v0 not found",
}


def test_sweeps_launch_reports_forks_and_rewinds_are_refused_at_once(client: Client) -> None:
    said = client.run(
        f"""
        with wandb.init(entity="vision", project="p", id="base") as run:
            for step in range(4):
                run.log({{"x": step}})
        api = wandb.Api()
        for call in {list(CALLS)!r}:
            started = time.monotonic()
            try:
                eval(call)
                say([call, "nothing was refused", 0])
            except Exception as error:
                say([call, type(error).__module__, str(error), time.monotonic() - started])
        run = wandb.Api().run("vision/p/base")
        say([len(list(run.scan_history())), run.lastHistoryStep])
        """
    )
    assert said.pop() == [4, 3]
    for (call, sentence), answer in zip(CALLS.items(), said, strict=True):
        assert isinstance(answer, list)
        assert answer[0] == call
        assert answer[1].startswith("wandb."), answer
        assert sentence in answer[2], answer
    # Two seconds for each, taken together: other tests keep the machine busy, but one that is repeated takes minutes.
    assert sum(answer[3] for answer in said) < 2 * len(said)
    assert Run.objects.count() == 1
    assert client.opens("/vision/p/runs/base").status_code == 200
