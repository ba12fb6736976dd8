"""Small, real Python wheels (PEP 427), made without a network; and pip's own, as the interpreter brings it along."""

import base64
import ensurepip
import hashlib
import pathlib
import shutil
import sys
import zipfile


def wheel(directory, name, version, source, requires=(), script=None):
    """A wheel with one module; `script` is the console script that calls the module's main()."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{module}.py": source,
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {other}\n" for other in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: peers\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{script} = {module}:main\n"
    return pack(pathlib.Path(directory) / f"{module}-{version}-py3-none-any.whl", info, files)


def pack(path, info, files):
    """A wheel of these files, with its record. The same files make the same bytes."""
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            data = text.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(data)}\n"
            archive.writestr(zipfile.ZipInfo(name), data)
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), record + f"{info}/RECORD,,\n")
    return path


def pip(directory):
    """pip's own wheel, copied."""
    bundled = sorted(pathlib.Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")) or sorted(
        pathlib.Path("/usr/share/python-wheels").glob("pip-*.whl")
    )
    return pathlib.Path(shutil.copy(bundled[-1], directory))


def lock(directory):
    """requirements.txt of every wheel but pip's, with its hash."""
    lines = []
    for path in sorted(pathlib.Path(directory).glob("*.whl")):
        name, version = path.name.split("-")[:2]
        if name != "pip":
            lines.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n")
    (pathlib.Path(directory) / "requirements.txt").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    # wheels.py DIRECTORY pip | lock | NAME VERSION SCRIPT SOURCE [REQUIRES…]
    if sys.argv[2:] == ["pip"]:
        pip(sys.argv[1])
    elif sys.argv[2:] == ["lock"]:
        lock(sys.argv[1])
    else:
        wheel(sys.argv[1], *sys.argv[2:4], sys.argv[5], sys.argv[6:], script=sys.argv[4] or None)
