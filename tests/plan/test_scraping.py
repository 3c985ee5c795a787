"""Which target is scraped how, and with which labels."""

from __future__ import annotations

from fleets import exporter, fleet, gb10, linux
from monogen.inventory.model import BearerToken, SecretRef
from monogen.monitoring import ScrapeJob
from monogen.plan.scraping import scrape_jobs


def _job(jobs: tuple[ScrapeJob, ...], name: str) -> ScrapeJob:
    (job,) = [job for job in jobs if job.name == name]
    return job


def test_instance_is_the_host_whatever_the_address() -> None:
    host = linux("nas", exporters=(exporter("node", "10.0.0.9"),), labels={"rack": "b"})
    (job,) = scrape_jobs(fleet(host))
    (target,) = job.targets
    assert (job.job, target.address) == ("node-exporter", "10.0.0.9:9100")
    assert target.labels == {
        "instance": "nas", "os": "linux", "hardware": "generic", "fleet": "lab", "rack": "b",
    }  # fmt: skip


def test_paths_and_single_parameters_are_target_labels() -> None:
    one = exporter("vllm", "a", server="one", path="/m", params=(("model", ("x",)),))
    (job,) = scrape_jobs(fleet(gb10(exporters=(one,))))
    labels = job.targets[0].labels
    assert (labels["__metrics_path__"], labels["__param_model"], labels["server"]) == ("/m", "x", "one")
    assert job.params == ()


def test_parameters_with_several_values_are_the_jobs() -> None:
    both = exporter("vllm", "a", params=(("match[]", ("x", "y")),))
    (job,) = scrape_jobs(fleet(gb10(exporters=(both,))))
    assert job.params == (("match[]", ("x", "y")),)
    assert not any(name.startswith("__param") for name in job.targets[0].labels)


def test_another_way_of_scraping_is_another_job_and_renames_no_other() -> None:
    plain = linux("a")
    slow = linux("b", exporters=(exporter("node", "b", interval=60.0),))
    secret = linux("c", exporters=(exporter("node", "c", auth=BearerToken(SecretRef("s", "k"))),))
    jobs = scrape_jobs(fleet(plain, slow, secret))
    assert len({job.name for job in jobs}) == 3
    assert [t.labels["instance"] for t in _job(jobs, "node").targets] == ["a"]
    alone = scrape_jobs(fleet(secret))
    assert alone[0].name in {job.name for job in jobs}


def test_what_the_cluster_scrapes_is_no_target() -> None:
    inside = linux("node-1", exporters=(exporter("node", "node-1", cluster=True),))
    assert scrape_jobs(fleet(inside)) == ()


def test_many_hosts_are_several_jobs_below_the_limit() -> None:
    jobs = scrape_jobs(fleet(*(linux(f"host-{n:05}") for n in range(5000))))
    assert len(jobs) > 1
    assert sum(len(job.targets) for job in jobs) == 5000
    assert all(job.job == "node-exporter" for job in jobs)
