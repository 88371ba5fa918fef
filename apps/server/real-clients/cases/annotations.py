"""Annotations: put and got by the SDK, exported and imported by the command."""

import json
import zipfile
from xml.etree import ElementTree

from cvat_sdk import models
from cvat_sdk.core.proxies.annotations import AnnotationUpdateAction

from harness import Env, case, main

LABELS = json.dumps([
    {"name": "person", "attributes": [
        {"name": "pose", "mutable": True, "input_type": "select", "default_value": "stand", "values": ["stand", "sit"]},
        {"name": "name", "mutable": False, "input_type": "text", "default_value": "", "values": []}]},
    {"name": "car"},
    {"name": "face", "type": "skeleton", "svg": '<circle r="1" cx="5" cy="5" data-label-name="nose" />',
     "sublabels": [{"name": "nose", "type": "points"}, {"name": "chin", "type": "points"}]},
])

POINTS = {
    "rectangle": [1.5, 2.25, 30.0, 40.125],
    "ellipse": [50.0, 50.0, 60.5, 30.0],
    "polygon": [10.0, 10.0, 60.123456, 12.0, 35.0, 70.0],
    "polyline": [1.0, 2.0, 3.0, 4.0],
    "points": [5.0, 6.5],
    "cuboid": [float(n) for n in range(16)],
    "mask": [0.0, 3.0, 1.0, 10.0, 10.0, 11.0, 11.0],
}


def every_type(task):
    """Tags, shapes and tracks of every type, with attributes, a skeleton of each kind and a track of masks."""
    person, car, face = task.get_labels()
    pose, name = person.attributes
    sit, ada = {"spec_id": pose.id, "value": "sit"}, {"spec_id": name.id, "value": "Ada"}
    turned = lambda kind: {"rotation": 12.5 if kind in ("rectangle", "ellipse") else 0.0}
    part = lambda label, frame, more: {"label_id": label.id, "frame": frame, "attributes": [], **more}
    shapes = [
        {"type": kind, "frame": n, "label_id": car.id, "points": points, "occluded": n % 2 == 0, "z_order": n,
         "group": n, "source": "manual", "attributes": [], **turned(kind)}
        for n, (kind, points) in enumerate(POINTS.items())
    ]
    shapes.append({"type": "polygon", "frame": 3, "label_id": person.id, "points": POINTS["polygon"], "attributes": [sit, ada]})
    shapes.append({"type": "skeleton", "frame": 5, "label_id": face.id, "points": [], "attributes": [], "elements": [
        part(label, 5, {"type": "points", "points": [n, n + 1.5], "outside": n == 1, "occluded": False})
        for n, label in enumerate(face.sublabels)]})
    tracks = [
        {"frame": 3, "label_id": car.id, "group": 2, "source": "semi-auto", "attributes": [], "shapes": [
            {"type": kind, "frame": frame, "points": points, "outside": frame == 30, "attributes": [], **turned(kind)}
            for frame in (3, 4, 30)]}
        for kind, points in POINTS.items()
    ]
    tracks.append({"frame": 0, "label_id": person.id, "attributes": [ada], "shapes": [
        {"type": "rectangle", "frame": 0, "points": POINTS["rectangle"], "attributes": [sit]}]})
    tracks.append({"frame": 1, "label_id": face.id, "attributes": [], "shapes": [
        {"type": "skeleton", "frame": 1, "points": [], "attributes": []}], "elements": [
        part(label, 1, {"shapes": [{"type": "points", "frame": 1, "points": [n, 2.0], "attributes": []}]})
        for n, label in enumerate(face.sublabels)]})
    return {"tags": [{"frame": 7, "label_id": car.id, "attributes": []}], "shapes": shapes, "tracks": tracks}


DEFAULTS = {"group": 0, "source": "manual", "occluded": False, "outside": False, "z_order": 0, "rotation": 0.0,
            "score": 1.0, "elements": [], "intervals": []}


def plain(value):
    """What a person would compare: without ids, and without what has its default value."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()
                if each is not None and key not in ("id", "version", "revision", "origin") and DEFAULTS.get(key, value) != each}
    return value


@case
def puts_and_gets_every_type_unchanged(env: Env):
    task_id = env.make_task(env.clip, labels=LABELS)
    with env.client() as client:
        task = client.tasks.retrieve(task_id)
        data = every_type(task)
        for place in (task, task.get_jobs()[0]):
            place.set_annotations(models.LabeledDataRequest(**data))
            got = place.get_annotations()
            assert plain(got.to_dict()) == plain(data), json.dumps([plain(got.to_dict()), plain(data)])
            # What was got can be put, and comes back again.
            place.set_annotations(models.LabeledDataRequest(**{
                key: [{k: v for k, v in each.items()} for each in plain(got.to_dict()).get(key, [])] for key in ("tags", "shapes", "tracks")}))
            assert plain(place.get_annotations().to_dict()) == plain(data)


@case
def creates_updates_and_removes_objects(env: Env):
    task_id = env.make_task(env.clip, labels=LABELS)
    with env.client() as client:
        task = client.tasks.retrieve(task_id)
        car = task.get_labels()[1]
        before = task.updated_date
        task.update_annotations(models.PatchedLabeledDataRequest(
            shapes=[models.LabeledShapeRequest(type="rectangle", frame=2, label_id=car.id, points=[1, 2, 3, 4])]), action=AnnotationUpdateAction.CREATE)
        (shape,) = task.get_annotations().shapes
        assert task.fetch().updated_date > before
        changed = models.LabeledShapeRequest(id=shape.id, type="rectangle", frame=2, label_id=car.id, points=[5, 6, 7, 8])
        task.update_annotations(models.PatchedLabeledDataRequest(shapes=[changed]), action=AnnotationUpdateAction.UPDATE)
        (now,) = task.get_annotations().shapes
        assert (now.id, now.points) == (shape.id, [5.0, 6.0, 7.0, 8.0])
        task.remove_annotations(ids=[now.id])
        assert task.get_annotations().shapes == []


@case
def exports_and_imports_by_the_command(env: Env):
    task_id = env.make_task(env.clip, labels=LABELS)
    quick = ("--completion_verification_period", "0.2")
    with env.client() as client:
        task = client.tasks.retrieve(task_id)
        task.set_annotations(models.LabeledDataRequest(**every_type(task)))
        before = plain(task.get_annotations().to_dict())
        for number, name in enumerate(("CVAT for video 1.1", "CVAT for images 1.1", "COCO 1.0", "DAVIS 1.0", "MOTS 1.0",
                                       "Ultralytics YOLO Segmentation 1.0")):
            file = env.scratch / f"export-{task_id}-{number}.zip"
            env.cli("task", "export-dataset", "--format", name, *quick, task_id, file)
            assert zipfile.ZipFile(file).testzip() is None
        video = env.scratch / f"export-{task_id}-0.zip"
        text = zipfile.ZipFile(video).read("annotations.xml")
        assert len(ElementTree.fromstring(text).findall("track")) >= len(before["tracks"])
        env.cli("task", "import-dataset", "--format", "CVAT 1.1", task_id, video)
        after = plain(task.get_annotations().to_dict())
        assert len(after["tracks"]) == len(before["tracks"]), (len(after["tracks"]), len(before["tracks"]))
        assert len(after["tags"]) == 1 and len(after["shapes"]) == len(before["shapes"])


@case
def exports_with_pictures_into_a_folder(env: Env):
    task_id = env.make_task(*env.images, labels=LABELS)
    folder = env.scratch / f"folder-{task_id}"
    folder.mkdir()
    # Releases before folders were allowed get a name.
    names_it = env.version >= (2, 50)
    target = folder if names_it else folder / "pictures.zip"
    env.cli("task", "export-dataset", "--with-images", "yes", "--completion_verification_period", "0.2", task_id, target)
    (file,) = folder.iterdir()
    assert not names_it or file.name.startswith(f"task_{task_id}_dataset_") and file.name.endswith("cvat for images 1.1.zip"), file.name
    names = zipfile.ZipFile(file).namelist()
    assert sorted(names) == sorted(["annotations.xml", *(f"images/{path.name}" for path in env.images)]), names
    assert zipfile.ZipFile(file).read(f"images/{env.images[2].name}") == env.images[2].read_bytes()


@case
def tells_what_is_wrong_with_a_file(env: Env):
    task_id = env.make_task(env.images[0])
    file = env.scratch / "wrong.xml"
    file.write_text('<annotations><version>1.1</version><image id="0" name="image_0.png">'
                    '<polygon label="giraffe" points="1,2;3,4;5,6"/></image></annotations>')
    done = env.cli("task", "import-dataset", task_id, file, check=False)
    assert done.returncode != 0 and "giraffe" in done.stderr, done.stderr


@case
def tells_that_there_are_no_backups(env: Env):
    task_id = env.make_task(env.images[0])
    done = env.cli("task", "backup", task_id, env.scratch / "backup.zip", check=False)
    assert done.returncode != 0 and "does not offer backups" in done.stderr, done.stderr
    file = env.scratch / "old-backup.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("task.json", "{}")
    done = env.cli("task", "create-from-backup", file, check=False)
    assert done.returncode != 0 and "does not offer backups" in done.stderr, done.stderr


main()
