"""Make the lock file of a Neo4j version: ``python tools/lock_neo4j.py 2026.09.0``.

Needs Maven (``mvn``), which resolves the runtime dependencies from wherever it is set up to. Run by
a person when a version is taken up; read the difference before committing it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packageurl import PackageURL

PACKAGE = Path(__file__).parents[1] / "icmgraph" / "local_neo4j"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>icmgraph</groupId><artifactId>lock</artifactId><version>1</version><dependencies><dependency>
<groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{version}</version>
</dependency></dependencies></project>"""


def resolve(version: str, folder: Path) -> Path:
    """Copies the jars below ``folder``, in the layout of a Maven repository."""
    mvn = shutil.which("mvn")
    if mvn is None:
        raise SystemExit("mvn is not on PATH: install Maven")
    (folder / "pom.xml").write_text(POM.format(version=version))
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-Dmdep.useRepositoryLayout=true"]
    subprocess.run(  # noqa: S603
        [mvn, "-q", "-B", *goal, f"-DoutputDirectory={folder / 'jars'}"], cwd=folder, check=True
    )
    return folder / "jars"


def locked(root: Path, jar: Path) -> str:
    """The lock file's line for one jar."""
    *group, name, version, _file = jar.relative_to(root).parts
    classifier = jar.stem.removeprefix(f"{name}-{version}").removeprefix("-")
    purl = PackageURL("maven", ".".join(group), name, version, {"classifier": classifier} if classifier else None)
    data = jar.read_bytes()
    return f"{hashlib.sha256(data).hexdigest()} {len(data)} {purl.to_string()}"


def main(version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = resolve(version, Path(folder))
        jars = sorted(root.rglob("*.jar"))
        lines = [f"# Neo4j Community {version}: SHA-256, bytes, package URL. Made by tools/lock_neo4j.py."]
        lines += [locked(root, jar) for jar in jars]
        (PACKAGE / f"neo4j-{version}.lock").write_text("\n".join(lines) + "\n")
        print(f"{len(jars)} jars, {sum(jar.stat().st_size for jar in jars):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
