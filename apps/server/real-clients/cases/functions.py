"""Functions: registered and served by the stock agent, a detector and a tracker written in Python."""

import json
import subprocess
import sys
import threading
import time

from harness import Env, case, main

DETECTOR = '''
import cvat_sdk.auto_annotation as cvataa

spec = cvataa.DetectionFunctionSpec(labels=[cvataa.label_spec("person", 0)])


def detect(context, image):
    gray = image.convert("L").getpixel((image.width - 1, image.height - 1))
    return [cvataa.rectangle(0, [gray, 10, gray + 20, 40])]
'''

# Follows nothing: moves the box by one pixel a frame, and loses it on frame 6 (24 levels of gray).
TRACKER = '''
import cvat_sdk.auto_annotation as cvataa

spec = cvataa.TrackingFunctionSpec(supported_shape_types=["rectangle"])


def preprocess_image(context, image):
    return round(image.convert("L").getpixel((image.width - 1, image.height - 1)) / 4)


def init_tracking_state(context, number, shape):
    return {"start": number, "points": list(shape.points)}


def track(context, number, state):
    if number == 6:
        return None
    moved = number - state["start"]
    return cvataa.TrackableShape(type="rectangle", points=[each + moved for each in state["points"]])
'''


def make_function(env: Env, name: str, source: str) -> tuple[int, list[str]]:
    path = env.scratch / f"{name}.py"
    path.write_text(source)
    done = env.cli("function", "create-native", name, "--function-file", path)
    assert done.stdout.strip().isdigit(), f"not the id alone: {done.stdout!r}"
    return int(done.stdout), ["--function-file", str(path)]


def call(env: Env, client, method: str, path: str, body=None):
    _, response = client.api_client.call_api(
        path, method, body=body, header_params={"Content-Type": "application/json"} if body else {}, _parse_response=False)
    return json.loads(response.data) if response.data else None


@case
def a_detector_annotates_a_task(env: Env):
    task = env.make_task(*env.images)
    function, how = make_function(env, "detector", DETECTOR)
    with env.client() as client:
        mapping = {"person": {"name": "person", "attributes": {}, "sublabels": {}}}
        asked = call(env, client, "POST", "/api/functions/requests/", {
            "function": function, "type": "annotate_task", "task": task, "mapping": mapping, "threshold": None,
            "conv_mask_to_poly": False, "cleanup": True})
        env.cli("function", "run-agent", function, *how, "--burst")
        told = call(env, client, "GET", f"/api/functions/requests/{asked['id']}")
        assert (told["status"], told["progress"]) == ("finished", 100), told
        shapes = client.tasks.retrieve(task).get_annotations().shapes
        assert [shape.frame for shape in shapes] == list(range(len(env.images))), shapes
        for shape in shapes:
            assert abs(shape.points[0] - 4 * shape.frame) <= 1 and shape.source == "auto", shape
    env.cli("function", "delete", function)
    env.cli("task", "delete", task)


def follow(env: Env, client, function: int, task: int, target: int) -> dict:
    """A run on the server, of a track with one rectangle on frame 0; the stock agent is asked frame by frame."""
    place = client.tasks.retrieve(task)
    box = {"type": "rectangle", "frame": 0, "points": [10.0, 20.0, 60.0, 80.0]}
    place.set_annotations({"tracks": [{"frame": 0, "label_id": place.get_labels()[0].id, "shapes": [box]}]})
    track = place.get_annotations().tracks[0].id
    return call(env, client, "POST", "/api/runs", {
        "task": task, "function": function, "start_frame": 0, "target_frame": target, "objects": [{"id": track}]})


def check_followed(env: Env, client, task: int, target: int) -> None:
    tracks = client.tasks.retrieve(task).get_annotations().tracks
    assert len(tracks) == 1, tracks
    keyframes = {shape.frame: shape for shape in tracks[0].shapes}
    assert sorted(keyframes) == list(range(target + 1)), sorted(keyframes)
    for frame, shape in keyframes.items():
        if frame == 6:
            assert shape.outside, "lost on frame 6"
        else:
            assert not shape.outside and shape.points == [10 + frame, 20 + frame, 60 + frame, 80 + frame], shape


@case
def a_tracker_follows_a_box_in_bursts(env: Env):
    task = env.make_task(env.clip)
    function, how = make_function(env, "tracker", TRACKER)
    with env.client() as client:
        run = follow(env, client, function, task, 12)
        # A burst ends when nothing is waiting, and each frame is asked for when the one before it is answered.
        for _ in range(5):
            env.cli("function", "run-agent", function, *how, "--burst")
            run = call(env, client, "GET", f"/api/runs/{run['id']}")
            if run["state"] not in ("queued", "running"):
                break
        assert run["state"] == "finished", run
        check_followed(env, client, task, 12)
    env.cli("function", "delete", function)
    env.cli("task", "delete", task)


@case
def an_agent_that_listens_is_woken(env: Env):
    task = env.make_task(env.clip)
    function, how = make_function(env, "listener", TRACKER)
    host, _, port = env.url.rpartition(":")
    agent = subprocess.Popen(
        [sys.executable, "-m", "cvat_cli", "--server-host", host, "--server-port", port, "--auth",
         f"{env.username}:{env.password}", "function", "run-agent", str(function), *how],
        stderr=subprocess.PIPE, text=True)
    listening = threading.Event()
    said = []

    def read():
        for line in agent.stderr:
            said.append(line)
            if "event stream" in line.lower() or "starting with id" in line.lower():
                listening.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        assert listening.wait(60), "".join(said)
        time.sleep(2)
        with env.client() as client:
            run = follow(env, client, function, task, 10)
            until = time.monotonic() + 60  # an agent that nobody wakes looks again after ten minutes
            while run["state"] in ("queued", "running") and time.monotonic() < until:
                time.sleep(0.5)
                run = call(env, client, "GET", f"/api/runs/{run['id']}")
            assert run["state"] == "finished", (run, "".join(said))
            check_followed(env, client, task, 10)
            assert agent.poll() is None, "".join(said)
            # Deleted under its hands: the stream closes, the agent is told 404 and ends.
            env.cli("function", "delete", function)
            assert agent.wait(60) == 1, "".join(said)
    finally:
        agent.kill()
    env.cli("task", "delete", task)


main()
