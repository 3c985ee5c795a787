"""Turns a fleet into what is to be written: rules, scrape jobs and dashboards. Pure, no disk, no network."""

from monogen.plan.planning import plan, plan_rules

__all__ = ["plan", "plan_rules"]
