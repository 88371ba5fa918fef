"""Reads what Roto wrote with the libraries that others use. Called by readers.slow.test.ts.

    readers.py versions                  what is installed, as JSON
    readers.py coco FILE                 pycocotools: run lengths, area and label of every annotation
    readers.py keypoints FILE            pycocotools: id, seen points and names of the points of every annotation
    readers.py polygons FILE             shapely: validity and area of lists of rings
    readers.py yaml FILE                 PyYAML: the file as JSON
    readers.py labeled-data FILE         cvat_sdk: the strict model of LabeledData, and the request made of it
"""

import importlib.metadata
import json
import sys


def coco(path):
    from contextlib import redirect_stdout

    from pycocotools import mask
    from pycocotools.coco import COCO

    with redirect_stdout(sys.stderr):
        dataset = COCO(path)
    found = []
    for annotation in dataset.loadAnns(dataset.getAnnIds()):
        entry = {
            "id": annotation["id"],
            "label": dataset.loadCats(annotation["category_id"])[0]["name"],
            "image": dataset.loadImgs(annotation["image_id"])[0]["file_name"],
        }
        if annotation["segmentation"]:
            rle = dataset.annToRLE(annotation)
            entry["counts"] = rle["counts"] if isinstance(rle["counts"], str) else rle["counts"].decode()
            entry["area"] = int(mask.area(rle))
            entry["bbox"] = [float(value) for value in mask.toBbox(rle)]
            entry["pixels"] = int(dataset.annToMask(annotation).sum())
        found.append(entry)
    return found


def labeled_data(path):
    from cvat_sdk import models
    from cvat_sdk.api_client import Configuration
    from cvat_sdk.api_client.model_utils import validate_and_convert_types

    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    configuration = Configuration(host="http://localhost")
    parsed = validate_and_convert_types(value, (models.LabeledData,), ["body"], True, True, configuration)
    request = models.LabeledDataRequest(
        version=parsed.version,
        tags=[models.LabeledImageRequest(**one.to_dict()) for one in parsed.tags],
        shapes=[models.LabeledShapeRequest(**one.to_dict()) for one in parsed.shapes],
        tracks=[models.LabeledTrackRequest(**one.to_dict()) for one in parsed.tracks],
    )
    return {"read": parsed.to_dict(), "request": request.to_dict()}


def keypoints(path):
    from contextlib import redirect_stdout

    from pycocotools.coco import COCO

    with redirect_stdout(sys.stderr):
        dataset = COCO(path)
    return [
        [one["id"], sum(v > 0 for v in one["keypoints"][2::3]), dataset.loadCats(one["category_id"])[0]["keypoints"]]
        for one in dataset.loadAnns(dataset.getAnnIds())
    ]


def polygons(path):
    from shapely.geometry import Polygon

    with open(path, encoding="utf-8") as file:
        lists = json.load(file)
    found = []
    for rings in lists:
        parts = [Polygon(ring) for ring in rings]
        found.append({"valid": all(part.is_valid for part in parts), "area": sum(part.area for part in parts)})
    return found


def read_yaml(path):
    import yaml

    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def versions():
    return {name: importlib.metadata.version(name) for name in ("cvat_sdk", "pycocotools", "shapely", "PyYAML")}


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    commands = {
        "versions": versions,
        "coco": coco,
        "keypoints": keypoints,
        "polygons": polygons,
        "yaml": read_yaml,
        "labeled-data": labeled_data,
    }
    result = commands[command](*arguments)
    json.dump(result, sys.stdout, default=str)
