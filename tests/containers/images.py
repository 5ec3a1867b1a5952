"""images.py: builds the images, and looks at what they are."""
import json
import os
import shutil
import tempfile

import spdx
from office import PROGRAMS, ROOT, run, say

IMAGES = ["kantor-broker", "kantor-finance", "kantor-legal", "kantor-it", "kantor"]
BYTES_MAX = 15_000_000
PLANTED = "planted-secret-7c1d0e5b"


def config_of(office, image):
    return json.loads(run(office.engine, "image", "inspect", office.image(image)).stdout)[0]


def layers(office):
    """All images there are, also those between that have no name."""
    return run(office.engine, "images", "--all", "--quiet", "--no-trunc").stdout.split()


def build(office):
    """All of them from this tree, in which secrets lie where git does not look."""
    folder = tempfile.mkdtemp(prefix="kantor-sboms-")
    planted = [f"{ROOT}/var/planted.key_secret", f"{ROOT}/build/planted.key_secret"]
    try:
        for path in planted:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(PLANTED)
        words = [f"{ROOT}/deploy/containers/build", "--engine", office.engine, "--sboms", folder]
        run(*words, "--tag", office.tag, *IMAGES, *[f"{image}-debug" for image in IMAGES], timeout=1200)
        say("images are built")
        for image in IMAGES:
            check_image(office, image, folder)
        kept = layers(office)
        run(*words, "--tag", f"{office.tag}-again", "--again", *IMAGES, timeout=1200)
    finally:
        shutil.rmtree(folder)
        for path in planted:
            os.remove(path)
    for image in IMAGES:
        first, again = [run(office.engine, "image", "inspect", "--format", "{{.Id}}", name).stdout.strip()
                        for name in (office.image(image), office.image(image) + "-again")]
        assert first == again, f"{image}: {again} of the second build is not {first}"
    # What it left in the engine's cache, nobody can use again; whatever was made of it goes with it.
    run(office.engine, "rmi", *[f"{office.image(image)}-again" for image in IMAGES])
    for image in [image for image in layers(office) if image not in kept]:
        run(office.engine, "rmi", image, check=False)
    say("a second build has the same image ids")


def check_image(office, image, folder):
    plain, debug = config_of(office, image), config_of(office, f"{image}-debug")
    say(f"{image}: {plain['Size'] / 1e6:.1f} MB, debug {debug['Size'] / 1e6:.1f} MB, {plain['Id'][:19]}")
    assert plain["Size"] <= BYTES_MAX, f"{image} has {plain['Size']} bytes, more than {BYTES_MAX}"
    for name, told in ((image, plain), (f"{image}-debug", debug)):
        config = told["Config"]
        assert config["User"] == "10001:10001", config
        assert config["Entrypoint"] == [f"/usr/bin/{image}"], config
        assert config["Labels"]["org.opencontainers.image.title"] == name, config
        assert config["Labels"]["org.opencontainers.image.revision"], config
        assert (told.get("Healthcheck") or config.get("Healthcheck") or image == "kantor"), f"{name} has no health check"
        check_sbom(os.path.join(folder, f"{name}.spdx.json"), name, image)


def check_sbom(path, name, program):
    told = json.load(open(path, encoding="utf-8"))
    spdx.check(told)
    packages = {package["name"]: package for package in told["packages"]}
    assert {name, "libc6", "libzmq5"} <= set(packages), sorted(packages)
    assert ("bash" in packages) == name.endswith("-debug"), sorted(packages)
    assert "--with-libsystemd=no" in packages["libczmq4"]["sourceInfo"], packages["libczmq4"]
    assert f"./usr/bin/{program}" in {file["fileName"] for file in told["files"]}


def start_debug_variants(office):
    """Each on its service's configuration, which it checks, and with the tools it is there for."""
    for image in IMAGES:
        name = office.image(f"{image}-debug")
        flags = ["--rm", "--read-only", "--cap-drop", "ALL"]
        if image == "kantor":
            assert "usage" in run(office.engine, "run", *flags, name).stdout.lower()
        else:
            part = image.removeprefix("kantor-")
            flags += ["-v", f"{office.volume(f'{part}-etc')}:/etc/kantor:ro"]
            run(office.engine, "run", *flags, name, "--config", f"/etc/kantor/{part}.conf", "--check-config")
        script = f"""
            id=$(od -An -tx1 -v /usr/bin/{image} | tr -d ' \\n' | grep -o '040000001400000003000000474e5500.\\{{40\\}}' | head -n 1)
            id=${{id:32}}
            test "$(id -u)" = 10001 && test -s "/usr/lib/debug/.build-id/${{id:0:2}}/${{id:2}}.debug" && dpkg --status bash >/dev/null"""
        run(office.engine, "run", *flags, "--entrypoint", "/bin/bash", name, "-euc", script)
    say("the debug variants run, each with its program's debug information")


def search_secrets(office, logs):
    """Of everything secret that there is: keys of all, what was planted in the tree, what was sent in calls."""
    from load import PAYLOAD
    from office import CONFIGURED
    told = office.shell("cat /*-etc/*.key_secret", *[f"{name}-etc" for name in CONFIGURED])
    keys = {line.split('"')[1] for line in told.splitlines() if "secret" in line and '"' in line}
    assert len(keys) >= len(PROGRAMS), f"{len(keys)} secret keys found to search for"
    needles = [*keys, PAYLOAD, PLANTED]
    assert "event=registered" in logs
    assert not any(needle in logs for needle in needles), "a log tells a secret or a payload"
    needles = [needle.encode() for needle in needles]
    for image in [name for image in IMAGES for name in (image, f"{image}-debug")]:
        with tempfile.TemporaryDirectory() as folder:
            run(office.engine, "save", "-o", f"{folder}/layers.tar", office.image(image))
            data = open(f"{folder}/layers.tar", "rb").read()
        assert b"usr/bin/kantor" in data, f"{image}: its layers cannot be read"
        assert not any(needle in data for needle in needles), f"a secret in a layer of {image}"
    say(f"{len(keys)} keys, a payload and a planted secret: in no log and no image layer")


def remove(office):
    told = run(office.engine, "images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    mine = [image for image in told if image.endswith((f":{office.tag}", f":{office.tag}-again"))]
    if mine:
        run(office.engine, "rmi", "-f", *mine, check=False)
