"""The README's badges say what the project's metadata say."""

from tests.documents.markdown import DOCUMENTS, ROOT, links


def test_badges_are_those_of_the_project(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import badges

    drawn = badges.badges()
    assert {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "badges").iterdir()} == drawn
    assert {link.rsplit("/", 1)[-1] for link in links(DOCUMENTS["README.md"]) if "badges" in link} == set(drawn)
    assert "3.11+" in drawn["python.svg"]
    assert (ROOT / "nst_jax" / "py.typed").exists()
