#!/usr/bin/python3
"""Writes the SPDX 2.3 document of an image: its files with checksums, and the Debian packages they come from.

usage: sbom.py --root DIR --name NAME --version V --revision COMMIT --created SECONDS [--options DIR] [--base STATUS]

Runs in the build stage, whose dpkg database knows where each library is from. --options: a folder with a file for each source
package that was built anew, which says how. --base: a dpkg status file; its packages are in the image as well, as the
image's base.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time

# Names that Debian's copyright files give to licences, as SPDX does. What is not here is told as it stands there.
SPDX = {
    "apache-2": "Apache-2.0", "apache-2.0": "Apache-2.0", "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause",
    "bsd-3-clauses": "BSD-3-Clause", "expat": "MIT", "mit": "MIT", "isc": "ISC", "mpl-2.0": "MPL-2.0", "zlib": "Zlib",
    "cc0": "CC0-1.0", "cc0-1.0": "CC0-1.0", "unlicense": "Unlicense", "openldap-2.8": "OLDAP-2.8",
    "gpl-1+": "GPL-1.0-or-later", "gpl-2": "GPL-2.0-only", "gpl-2+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only",
    "gpl-3+": "GPL-3.0-or-later", "lgpl-2": "LGPL-2.0-only", "lgpl-2+": "LGPL-2.0-or-later", "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-3": "LGPL-3.0-only", "lgpl-3+": "LGPL-3.0-or-later",
    "gfdl-1.3+": "GFDL-1.3-or-later", "boost-1.0": "BSL-1.0",
}


def checksums(path):
    data = open(path, "rb").read()
    return {name: hashlib.new(name, data).hexdigest() for name in ("sha1", "sha256")}


def owner_of(path):
    """The package whose file PATH is; the database may know it from before /lib became a link to /usr/lib."""
    for place in (path, path.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    # A soname is often a link that ldconfig made: ask for what it points to.
    real = os.path.realpath(path)
    return owner_of(real) if real not in (path, path.removeprefix("/usr")) else None


def stanzas(status):
    for text in open(status, encoding="utf-8").read().split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", text, re.M))
        if fields.get("Status", "").endswith(" installed"):
            yield fields


def licences_of(package):
    """SPDX ids, and other names, that the package's machine-readable copyright file gives."""
    try:
        text = open(f"/usr/share/doc/{package}/copyright", encoding="utf-8", errors="replace").read()
    except OSError:
        return [], []
    if not text.startswith("Format:"):
        return [], []
    names = set()
    for line in re.findall(r"^License: *(.+)$", text, re.M):
        names |= {part.strip(" ,").lower() for part in re.split(r"\s+(?:and|or)\s+|,", line) if part.strip(" ,")}
    ids = {SPDX[name] for name in names if name in SPDX}
    others = {re.sub(r"[^A-Za-z0-9.-]+", "-", name) for name in names if name not in SPDX}
    return sorted(ids), sorted(others)


def source_of(fields, folder):
    """Where a package's files come from: its source package, and how it was built anew, if it was."""
    source = fields.get("Source", fields["Package"]).split(" ")[0]
    told = f"Debian source package {source}"
    try:
        return f"{told}, built anew with {open(os.path.join(folder, source), encoding='utf-8').read().strip()}"
    except FileNotFoundError:
        return told


def package_entry(fields, options, seen):
    name, version = fields["Package"], fields["Version"]
    ids, others = licences_of(name)
    seen.update(others)
    terms = ids + [f"LicenseRef-{other}" for other in others]
    entry = {
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "sourceInfo": source_of(fields, options.options),
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": " AND ".join(terms) if terms else "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}"
                                f"?arch={fields['Architecture']}&distro=bookworm",
        }],
    }
    if terms:
        entry["licenseComments"] = "All that the package's copyright file names, for its parts together."
    return entry


def files_of(root):
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield "/" + os.path.relpath(path, root), path


def document(options):
    files, packages, relations, refs = [], {}, [], set()
    known = {fields["Package"]: fields for fields in stanzas("/var/lib/dpkg/status")}
    image = "SPDXRef-Image"
    for number, (inside, path) in enumerate(sorted(files_of(options.root))):
        sums = checksums(path)
        package = owner_of(inside) if inside.startswith("/usr/lib") else None
        if inside.startswith("/usr/lib") and package is None:
            sys.exit(f"sbom.py: no package owns {inside}")
        entry = {
            "SPDXID": f"SPDXRef-File-{number}",
            "fileName": "." + inside,
            "checksums": [{"algorithm": kind.upper(), "checksumValue": value} for kind, value in sums.items()],
            "licenseConcluded": "NOASSERTION",
            "licenseInfoInFiles": ["NOASSERTION"],
            "copyrightText": "NOASSERTION",
        }
        if package:
            entry["comment"] = f"from Debian's {package}"
            packages[package] = known[package]
        files.append(entry)
        relations.append((image, "CONTAINS", entry["SPDXID"]))
    if options.base:
        packages.update((fields["Package"], fields) for fields in stanzas(options.base))
    entries = [package_entry(packages[name], options, refs) for name in sorted(packages)]
    relations += [(image, "CONTAINS", entry["SPDXID"]) for entry in entries]
    code = hashlib.sha1("".join(sorted(f["checksums"][0]["checksumValue"] for f in files)).encode()).hexdigest()
    top = {
        "SPDXID": image,
        "name": options.name,
        "versionInfo": options.version,
        "supplier": "Organization: The Kantor authors",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": code},
        "primaryPackagePurpose": "CONTAINER",
        "sourceInfo": f"commit {options.revision}",
        "licenseConcluded": "NOASSERTION",
        "licenseInfoFromFiles": ["NOASSERTION"],
        "licenseDeclared": "MIT",
        "copyrightText": "Copyright (c) 2026 The Kantor authors",
    }
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{options.name}-{options.version}",
        "documentNamespace": f"https://kantor.invalid/spdx/{options.name}-{options.version}-{options.revision}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(options.created)),
            "creators": ["Organization: The Kantor authors", f"Tool: sbom.py-{options.version}"],
        },
        "documentDescribes": [image],
        "packages": [top] + entries,
        "files": files,
        "hasExtractedLicensingInfos": [
            {"licenseId": f"LicenseRef-{name}", "name": name,
             "extractedText": "See /usr/share/doc/PACKAGE/copyright of the Debian packages that name it."}
            for name in sorted(refs)],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": image}] +
                         [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("root", "name", "version", "revision"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--created", type=int, required=True)
    parser.add_argument("--options", default="/nowhere")
    parser.add_argument("--base")
    json.dump(document(parser.parse_args()), sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
