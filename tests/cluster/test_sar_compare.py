"""Our evaluators and the API server answer every question alike (the log stays in out/sar-compare.log).

LOTSE_SAR_QUESTIONS says how many; 50,000 were asked with the same outcome.
"""
import os
import subprocess

from tests.cluster.sar_compare import compare
from tests.lib.tools import ours


def test_no_disagreement_with_subject_access_review(company_folder, sites):
    muc = sites["muc"]
    run = subprocess.run([ours("lotse-policy"), "apply", "--cluster-wide", "--site", "muc", "--kubeconfig", sites.kubeconfig, "--directory", "directory.json"],
                         cwd=company_folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    count = int(os.environ.get("LOTSE_SAR_QUESTIONS", "5000"))
    asked, allowed, wrong = compare(muc, count)
    assert wrong == []
    assert asked == count and asked / 10 < allowed < asked * 9 / 10, "both answers must occur often, or this proves little"
