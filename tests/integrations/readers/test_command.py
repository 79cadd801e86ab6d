"""``python -m integrations.readers``"""

import json

from integrations.readers.__main__ import main


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return str(path)


def test_the_table(tmp_path, capsys):
    path = written(tmp_path, "a.csv", "Key,Title,Status\nA-1,x,Done\nA-1,x,Done\nA-2,,Done\n")
    assert main(["--problems", "5", path]) == 0
    out = capsys.readouterr().out
    assert "a.csv" in out
    assert "1 same key, 1 no title" in out
    assert "row 4 (line 4) A-2 skipped: no title" in out
    assert "states: done 1" in out


def test_a_mapping_file(tmp_path, capsys):
    path = written(tmp_path, "a.csv", "Key,Name,Status\nA-1,x,Wat\n")
    mapping = {"columns": {"Name": "title", "Status": "status"}, "states": {"Wat": "parked"}}
    chosen = written(tmp_path, "m.json", json.dumps(mapping))
    assert main(["--mapping", chosen, "--show-mapping", path]) == 0
    out = capsys.readouterr().out
    assert "states: parked 1" in out
    assert '"Wat": "parked"' in out


def test_what_cannot_be_read_is_said(tmp_path, capsys):
    good = written(tmp_path, "a.csv", "Title\nx\n")
    bad = written(tmp_path, "b.csv", "")
    assert main([bad, good]) == 1
    out = capsys.readouterr().out
    assert "b.csv: The file is empty" in out
    assert "a.csv" in out
