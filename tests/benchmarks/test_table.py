"""Tables of results, saved with a description of the machine."""

import json

import jax

from benchmarks.cost import Run
from benchmarks.table import Table


def test_a_table_is_saved_with_its_machine(tmp_path, capsys):
    table = Table(Run)
    table.add(Run("embedded", 256, 0, False, 0.12345, 1.5, 1234.5, 1200.0))
    table.save(tmp_path / "figures.json", remark="one")
    saved = json.loads((tmp_path / "figures.json").read_text())
    assert saved["rows"][0]["seconds"] == 0.12345
    assert saved["remark"] == "one"
    assert saved["machine"]["jax"] == jax.__version__
    assert capsys.readouterr().out.splitlines()[-1] == "| embedded | 256 | 0 | False | 0.123 | 1.5 | 1234 | 1200 |"
