"""Work in the background, looked at in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page, expect


def order(stack: Any, **parameters: Any) -> str:
    body = {"kind": "map", "parameters": {"collection": "samples", **parameters}}
    job_id: str = httpx.post(f"{stack.api}/v1/jobs", json=body).raise_for_status().json()["id"]
    return job_id


def test_a_job_that_fails_is_told_with_its_log(stack: Any, open_page: Callable[..., Page]) -> None:
    job_id = order(stack, vector="missing")
    page = open_page(f"{stack.ui}/jobs?job={job_id}")
    expect(page.get_by_text("collection 'samples' has no vector 'missing'").first).to_be_visible()
    expect(page.get_by_role("paragraph").filter(has_text=re.compile("samples . failed")).first).to_be_visible()
    page.get_by_role("tab", name="Log").click()
    expect(page.get_by_role("tabpanel").filter(has_text=re.compile("error|failed"))).to_be_visible()
    expect(page.get_by_role("button", name="Try again").first).to_be_visible()


def test_a_job_is_followed_to_its_end_and_the_list_is_narrowed(stack: Any, open_page: Callable[..., Page]) -> None:
    job_id = order(stack, action="fit", seed=5)
    page = open_page(f"{stack.ui}/jobs?job={job_id}")
    expect(page.get_by_text(job_id)).to_be_visible()
    page.get_by_role("tab", name="Result").click()
    expect(page.get_by_text("trustworthiness")).to_be_visible(timeout=90_000)
    row = page.locator(f".st-key-job-{job_id}")
    row.get_by_role("button", name="Less").click()
    expect(page).not_to_have_url(re.compile(job_id))
    row.get_by_role("button", name="More").click()
    expect(page).to_have_url(re.compile(f"job={job_id}"))
    page.get_by_role("combobox", name=re.compile("Kind")).click()
    page.get_by_role("option", name="Segment").click()
    expect(page).to_have_url(re.compile("kind=segment"))
    expect(row).to_have_count(0)
