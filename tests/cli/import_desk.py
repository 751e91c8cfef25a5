"""An installation that files are imported into, and workbooks to import."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from sqlalchemy import select

from leadexec.cli.database_file import open_store
from leadexec.process import run
from leadexec.settings import load_settings
from leadexec.storage.tables import leads
from tests.cli.commands import Ended, Installation

ONLY = '[plugins]\nonly = ["automation-price", "delivery-webhook", "fields"]\n'


class Desk:
    """An installation with one campaign, a folder of files, and what is stored."""

    def __init__(self, leadexec: Installation, folder: Path, settings: str = "") -> None:
        leadexec.write(settings + ONLY)
        self.leadexec = leadexec
        self.folder = folder
        self.campaign = leadexec.sell_to("http://127.0.0.1:9/", queue=False)

    def file(self, text: str | bytes, name: str = "leads.csv") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def imports(self, file: Path, *words: str) -> Ended:
        return self.leadexec("lead", "import", str(file), f"--campaign={self.campaign}", *words)

    def summary(self, file: Path, *words: str) -> Any:
        ended = self.imports(file, "--json", *words)
        assert ended.status == 0, ended.err
        return ended.json()

    def stored(self) -> list[dict[str, Any]]:
        """Return the fields of the stored leads, in their order."""
        return [row.fields for row in self.rows(select(leads.c.fields).order_by(leads.c.id))]

    def rows(self, query: Any) -> Sequence[Any]:
        return run(self._rows(query))

    async def _rows(self, query: Any) -> Sequence[Any]:
        async with open_store(load_settings(self.leadexec.file, {})) as store:
            return await store.read(lambda c: c.execute(query).all())


def an_xlsx(path: Path, rows: Sequence[Sequence[str]], *, extra: str = "") -> Path:
    """Write a workbook; cells are XML between ``<c>`` and ``</c>``, or plain text."""
    lines = [
        "<row>"
        + "".join(
            cell
            if cell.startswith("<c")
            else f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for cell in row
        )
        + "</row>"
        for row in rows
    ]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{relations}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}{extra}'
        "</sheetData></worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path
