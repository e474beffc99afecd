"""Pack the built extension as a `.vsix`, which is a zip file with two lists of what is in it.

    python3 vsix.py [FILE]        ../../sessions_ls/editors/sessions.vsix where no file is named

The same files give the same bytes.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "sessions_ls" / "editors" / "sessions.vsix"
FILES = ("package.json", "README.md", "dist/extension.js")
TYPES = """\
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension=".json" ContentType="application/json"/>
<Default Extension=".md" ContentType="text/markdown"/>
<Default Extension=".js" ContentType="application/javascript"/>
<Default Extension=".txt" ContentType="text/plain"/>
<Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
"""
MANIFEST = """\
<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata>
<Identity Language="en-US" Id={name} Version={version} Publisher={publisher}/>
<DisplayName>{title}</DisplayName>
<Description xml:space="preserve">{description}</Description>
<Tags>notebook,reactive,python</Tags>
<Categories>{categories}</Categories>
<GalleryFlags>Public</GalleryFlags>
<Properties>
<Property Id="Microsoft.VisualStudio.Code.Engine" Value={engine}/>
<Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
</Properties>
<License>extension/LICENSE.txt</License>
</Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
<Dependencies/>
<Assets>
{assets}
</Assets>
</PackageManifest>
"""
ASSETS = {
    "Microsoft.VisualStudio.Code.Manifest": "extension/package.json",
    "Microsoft.VisualStudio.Services.Content.Details": "extension/README.md",
    "Microsoft.VisualStudio.Services.Content.License": "extension/LICENSE.txt",
}


def main() -> None:
    """Write the file and say where it is."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.parent.mkdir(exist_ok=True)
    package = json.loads((HERE / "package.json").read_text("utf-8"))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents(package).items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    print(f"{target}: {target.stat().st_size // 1024} kB")


def contents(package: dict[str, object]) -> dict[str, bytes]:
    """All that goes in, by name."""
    identity = {key: quoteattr(str(package[key])) for key in ("name", "version", "publisher")}
    manifest = MANIFEST.format(
        **identity,
        title=escape(str(package["displayName"])),
        description=escape(str(package["description"])),
        categories=",".join(package["categories"]),  # type: ignore[arg-type]
        assets="\n".join(
            f'<Asset Type="{kind}" Path="{path}" Addressable="true"/>'
            for kind, path in ASSETS.items()
        ),
        engine=quoteattr(package["engines"]["vscode"]),  # type: ignore[index]
    )
    shipped = {f"extension/{name}": (HERE / name).read_bytes() for name in FILES}
    shipped["extension/LICENSE.txt"] = (HERE.parent.parent / "LICENSE").read_bytes()
    return {
        "[Content_Types].xml": TYPES.encode(),
        "extension.vsixmanifest": manifest.encode(),
        **shipped,
    }


if __name__ == "__main__":
    main()
