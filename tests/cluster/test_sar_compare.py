"""Our evaluators and the API server's answer every question alike (the log stays in out/sar-compare.log)."""
import subprocess

from tests.cluster.sar_compare import compare
from tests.lib.tools import ours


def test_no_disagreement_with_subject_access_review(company_folder, sites):
    muc = sites["muc"]
    run = subprocess.run([ours("lotse-policy"), "apply", "--cluster-wide", "--site", "muc", "--kubeconfig", sites.kubeconfig, "--directory", "directory.json"],
                         cwd=company_folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    asked, allowed, wrong = compare(muc, 3000)
    assert wrong == []
    assert asked > 2500 and asked / 10 < allowed < asked * 9 / 10, "both answers must occur often, or this proves little"
