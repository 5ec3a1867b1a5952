"""spdx.py: holds an SBOM against SPDX 2.3: each object has the fields that it must have and none that the standard does not know, and
each value its shape (ISO/IEC 5962; https://spdx.github.io/spdx-spec/v2.3)."""
import hashlib
import re

ID = r"SPDXRef-[A-Za-z0-9.-]+"
TEXT = r"(?s).+"
LICENCE = r"NOASSERTION|NONE|\(?[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*\)?"
ONE_LICENCE = r"NOASSERTION|NONE|[A-Za-z0-9.+-]+"
LOCATION = r"NOASSERTION|NONE|[a-z+]+:.+"
ACTOR = r"(Person|Organization): .+"

# field: (whether it must be there, what its value is: a pattern, a type, an object, or a list of one of them)
CHECKSUM = {"algorithm": (True, "SHA1|SHA256"), "checksumValue": (True, "[0-9a-f]{40}|[0-9a-f]{64}")}
REFERENCE = {"referenceCategory": (True, "SECURITY|PACKAGE-MANAGER|PERSISTENT-ID|OTHER"), "referenceType": (True, TEXT),
             "referenceLocator": (True, r"pkg:deb/debian/[a-z0-9.+-]+@[A-Za-z0-9.%~-]+\?arch=[a-z0-9]+&distro=[a-z]+")}
PACKAGE = {
    "SPDXID": (True, ID), "name": (True, TEXT), "downloadLocation": (True, LOCATION), "versionInfo": (True, TEXT),
    "supplier": (True, ACTOR), "filesAnalyzed": (True, bool), "packageVerificationCode": (False, {
        "packageVerificationCodeValue": (True, "[0-9a-f]{40}")}),
    "primaryPackagePurpose": (False, "CONTAINER|LIBRARY"), "sourceInfo": (True, TEXT), "licenseConcluded": (True, LICENCE),
    "licenseInfoFromFiles": (False, [ONE_LICENCE]), "licenseDeclared": (True, LICENCE), "licenseComments": (False, TEXT),
    "copyrightText": (True, TEXT), "externalRefs": (False, [REFERENCE]),
}
FILE = {"SPDXID": (True, ID), "fileName": (True, r"\./.+"), "checksums": (True, [CHECKSUM]), "licenseConcluded": (True, LICENCE),
        "licenseInfoInFiles": (True, [ONE_LICENCE]), "copyrightText": (True, TEXT), "comment": (False, TEXT)}
DOCUMENT = {
    "spdxVersion": (True, r"SPDX-2\.3"), "dataLicense": (True, r"CC0-1\.0"), "SPDXID": (True, "SPDXRef-DOCUMENT"), "name": (True, TEXT),
    "documentNamespace": (True, "https?://[^#]+"), "creationInfo": (True, {
        "created": (True, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "creators": (True, [r"(Person|Organization): .+|Tool: \S+-\S+"])}),
    "documentDescribes": (True, [ID]), "packages": (True, [PACKAGE]), "files": (True, [FILE]),
    "hasExtractedLicensingInfos": (True, [{"licenseId": (True, r"LicenseRef-[A-Za-z0-9.-]+"), "name": (True, TEXT), "extractedText": (True, TEXT)}]),
    "relationships": (True, [{"spdxElementId": (True, ID), "relationshipType": (True, "DESCRIBES|CONTAINS"), "relatedSpdxElement": (True, ID)}]),
}


def hold(value, shape, where="document"):
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where} is no object"
        unknown = set(value) - set(shape)
        assert not unknown, f"{where} has {unknown}, which is not SPDX's"
        for name, (must, inner) in shape.items():
            assert name in value or not must, f"{where} lacks {name}"
            if name in value:
                hold(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where} is no list"
        for number, item in enumerate(value):
            hold(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, type):
        assert isinstance(value, shape), f"{where} is {value!r}"
    else:
        assert isinstance(value, str) and re.fullmatch(shape, value), f"{where} is {value!r}"


def check(told):
    """What the shapes do not say: names are unique and known, and sums are sums."""
    hold(told, DOCUMENT)
    ids = [thing["SPDXID"] for thing in [told, *told["packages"], *told["files"]]]
    assert len(set(ids)) == len(ids), "an SPDXID is given twice"
    for relation in told["relationships"]:
        assert relation["spdxElementId"] in ids and relation["relatedSpdxElement"] in ids, relation
    assert told["documentDescribes"] == [told["packages"][0]["SPDXID"]]
    known = {info["licenseId"] for info in told["hasExtractedLicensingInfos"]}
    for package in told["packages"]:
        named = set(re.findall(r"LicenseRef-[A-Za-z0-9.-]+", package["licenseDeclared"]))
        assert named <= known, f"{package['name']}: {named - known} is told nowhere"
        assert package["filesAnalyzed"] == ("packageVerificationCode" in package), package["name"]
    sums = sorted(item["checksumValue"] for file in told["files"] for item in file["checksums"] if item["algorithm"] == "SHA1")
    code = told["packages"][0]["packageVerificationCode"]["packageVerificationCodeValue"]
    assert code == hashlib.sha1("".join(sums).encode()).hexdigest(), "the verification code is not that of the files"
