"""Copy the pinned browser libraries of package.json to static/vendor/ (``make vendor``, needs npm).

Nothing of a package is executed: its archive is fetched with ``npm pack`` and the named files are copied.
The folder is committed, so only a change of a version or of the icon list needs this script.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
ICON_LIST = ROOT / "scripts" / "vendor-icons.txt"
SVG = "{http://www.w3.org/2000/svg}"

# npm package -> (folder under static/vendor, {file in the package: file in the folder}).
# @tabler/core ships no licence file: it is checked in and stays.
COPIES = {
    # The stylesheet alone: what moves on pages is ours.
    "@tabler/core": ("tabler", {"dist/css/tabler.min.css": "tabler.min.css"}),
    "@tabler/icons": ("tabler-icons", {"LICENSE": "LICENSE"}),
    "@fontsource-variable/inter": (
        "inter",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext-wght-normal.woff2",
            "LICENSE": "LICENSE",
        },
    ),
    "dejavu-fonts-ttf": (
        "dejavu",
        {
            "ttf/DejaVuSans.ttf": "DejaVuSans.ttf",
            "ttf/DejaVuSans-Bold.ttf": "DejaVuSans-Bold.ttf",
            "LICENSE": "LICENSE",
        },
    ),
    # The build with lines, bars, pies and the aria component; funnels are drawn as bars.
    "echarts": (
        "echarts",
        {
            "dist/echarts.common.min.js": "echarts.common.min.js",
            "LICENSE": "LICENSE",
            "NOTICE": "NOTICE",
            "licenses/LICENSE-d3": "LICENSE-d3",
        },
    ),
    "htmx.org": ("htmx", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"}),
    "sortablejs": ("sortablejs", {"Sortable.min.js": "sortable.min.js", "LICENSE": "LICENSE"}),
    "tom-select": (
        "tom-select",
        {
            "dist/js/tom-select.complete.min.js": "tom-select.complete.min.js",
            "dist/css/tom-select.min.css": "tom-select.min.css",
            "LICENSE": "LICENSE",
        },
    ),
}

# A source map that is not shipped breaks the hashed file names of collectstatic.
SOURCE_MAP = re.compile(rb"\s*(?://[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=[^*]+\*/)\s*$")


def main() -> int:
    """Fetch every pinned package, copy its files, write the icon sprite and the list of versions."""
    pins: dict[str, str] = json.loads((ROOT / "package.json").read_text())["dependencies"]
    if pins.keys() != COPIES.keys():
        print(f"package.json and scripts/vendor.py name different packages: {sorted(pins.keys() ^ COPIES.keys())}")
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        for name, version in sorted(pins.items()):
            package = fetch(name, version, Path(scratch))
            folder, files = COPIES[name]
            copy_files(package, VENDOR / folder, files)
            if name == "@tabler/icons":
                names = ICON_LIST.read_text().split()
                (VENDOR / folder / "sprite.svg").write_text(sprite(package / "icons", names))
    (VENDOR / "README.md").write_text(overview(pins))
    subprocess.run([sys.executable, str(ROOT / "scripts" / "used_css.py")], check=True)
    return 0


def fetch(name: str, version: str, scratch: Path) -> Path:
    """Download and unpack one package; returns its folder."""
    target = scratch / name.replace("/", "-")
    target.mkdir()
    subprocess.run(
        ["npm", "pack", f"{name}@{version}", "--ignore-scripts", "--silent", "--pack-destination", str(target)],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=scratch,
    )
    archive = next(target.glob("*.tgz"))
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target / "package"


def copy_files(package: Path, folder: Path, files: dict[str, str]) -> None:
    """Copy the named files of a package, without the pointers to source maps."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, destination in files.items():
        body = (package / source).read_bytes()
        if source.endswith(".woff2"):
            (folder / destination).write_bytes(body)
            continue
        (folder / destination).write_bytes(SOURCE_MAP.sub(b"", body.rstrip()) + b"\n")


def sprite(icons: Path, names: list[str]) -> str:
    """One SVG with a ``<symbol>`` per icon. Stroke width and size come from the page's ``.icon`` class."""
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">']
    for name in sorted(set(names)):
        filled = name.endswith("-filled")
        source = icons / ("filled" if filled else "outline") / f"{name.removesuffix('-filled')}.svg"
        paint = (
            'fill="currentColor" stroke="none"'
            if filled
            else 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
        )
        shapes = "".join(
            shape_text(shape) for shape in ElementTree.parse(source).getroot() if shape.get("d") != "M0 0h24v24H0z"
        )
        lines.append(f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{shapes}</symbol>')
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def shape_text(shape: ElementTree.Element) -> str:
    """One drawing element without its namespace."""
    attributes = "".join(f' {key}="{value}"' for key, value in shape.attrib.items())
    return f"<{shape.tag.removeprefix(SVG)}{attributes}/>"


def overview(pins: dict[str, str]) -> str:
    """The README of the folder: what is in it and in which version."""
    rows = [f"| `{COPIES[name][0]}/` | {name} | {version} |" for name, version in sorted(pins.items())]
    return (
        "# Vendored browser libraries\n\n"
        "Written by `make vendor` from `package.json` and `scripts/vendor-icons.txt`; not edited by hand.\n"
        "Each folder holds its licence.\n\n"
        "| Folder | Package | Version |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"
        'An icon is `<svg class="icon"><use href="{% static \'vendor/tabler-icons/sprite.svg\' %}#plus"/></svg>`.\n'
    )


if __name__ == "__main__":
    sys.exit(main())
