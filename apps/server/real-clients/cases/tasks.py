"""Tasks and their media: the command's task commands, the SDK's uploads, TaskDataset with every media policy."""

import json
import shutil
import struct

import cvat_sdk.datasets as datasets
from cvat_sdk import models
from cvat_sdk.core.proxies.tasks import ResourceType
from PIL import Image

from harness import Env, Skip, case, frame_number, main


@case
def creates_a_task_from_a_video(env: Env):
    task = env.make_task(env.clip, options=("--segment_size", "15", "--overlap", "3", "--image_quality", "80"))
    with env.client() as client:
        found = client.tasks.retrieve(task)
        assert (found.size, found.mode, found.status, found.image_quality) == (40, "interpolation", "annotation", 80)
        jobs = sorted((job.start_frame, job.stop_frame) for job in found.get_jobs())
        assert jobs == [(0, 14), (12, 26), (24, 38), (36, 39)], jobs
        meta = found.get_meta()
        assert (meta.size, meta.frames[0].width, meta.frames[0].height) == (40, 320, 240)
        assert [label.name for label in found.get_labels()] == ["person"]


@case
def creates_a_task_from_images_and_keeps_their_order(env: Env):
    task = env.make_task(*reversed(env.images), options=("--sorting-method", "predefined"))
    with env.client() as client:
        found = client.tasks.retrieve(task)
        assert [frame.name for frame in found.get_meta().frames] == [path.name for path in reversed(env.images)]
        assert found.mode == "annotation"
        # Stored files come back byte for byte.
        assert found.get_frame(0, quality="original").read() == env.images[-1].read_bytes()


@case
def creates_a_task_from_a_zip_archive(env: Env):
    archive = shutil.make_archive(str(env.scratch / "images-packed"), "zip", env.images[0].parent)
    task = env.make_task(env.scratch / archive)
    with env.client() as client:
        assert client.tasks.retrieve(task).size == len(env.images)


@case
def selects_frames_by_start_stop_and_step(env: Env):
    task = env.make_task(env.clip, options=("--start_frame", "5", "--stop_frame", "20", "--frame_step", "5"))
    with env.client() as client:
        found = client.tasks.retrieve(task)
        numbers = [frame_number(Image.open(found.get_frame(n, quality="original"))) for n in range(found.size)]
        assert numbers == [5, 10, 15, 20], numbers


@case
def lists_tasks_over_pages(env: Env):
    with env.client() as client:
        made = [client.tasks.create(models.TaskWriteRequest(name=f"listed {n}", labels=[])).id for n in range(12)]
    ids = [int(line) for line in env.cli("task", "ls").stdout.split()]
    assert set(made) <= set(ids) and len(ids) == len(set(ids))
    listed = json.loads(env.cli("task", "ls", "--json").stdout)
    assert {task["id"] for task in listed} == set(ids)
    env.cli("task", "delete", *made)


@case
def lists_tasks_with_an_access_token(env: Env):
    if env.version < (2, 50):
        raise Skip("this release knows no access tokens")
    assert env.cli("task", "ls", with_token=True).stdout == env.cli("task", "ls").stdout


@case
def saves_frames(env: Env):
    task = env.make_task(env.clip)
    out = env.scratch / f"frames-{task}"
    env.cli("task", "frames", task, 0, 7, 39, "--outdir", out)
    assert sorted(path.name for path in out.iterdir()) == [f"task_{task}_frame_{n:06d}.png" for n in (0, 7, 39)]
    for n in (0, 7, 39):
        assert frame_number(Image.open(out / f"task_{task}_frame_{n:06d}.png")) == n
    env.cli("task", "frames", task, 3, "--outdir", out, "--quality", "compressed")
    assert (out / f"task_{task}_frame_000003.jpg").exists()
    wrong = env.cli("task", "frames", task, 40, "--outdir", out, check=False)
    assert wrong.returncode != 0 and "There is no frame 40" in wrong.stderr, wrong.stderr


@case
def deletes_tasks_and_says_which_are_not_there(env: Env):
    task = env.make_task(env.images[0])
    done = env.cli("task", "delete", task, 999_999)
    assert done.returncode == 0
    assert str(task) not in env.cli("task", "ls").stdout.split()


@case
def tells_why_a_file_is_no_media(env: Env):
    text = env.scratch / "letter.mp4"
    text.write_text("Dear server, this is no video.\n" * 20)
    done = env.cli("task", "create", "bad", "--labels", '[{"name": "a"}]', "local", text, check=False)
    assert done.returncode != 0 and "letter.mp4" in done.stderr and "a text" in done.stderr, done.stderr


@case
def tells_that_remote_files_are_not_read(env: Env):
    done = env.cli("task", "create", "far", "--labels", '[{"name": "a"}]', "remote", "http://example.org/a.mp4", check=False)
    assert done.returncode != 0 and "upload the files" in done.stderr, done.stderr


@case
def uploads_more_than_100_mib_by_tus(env: Env):
    # A box of type `free` may hold anything and stands after the movie: a large file that is a small video.
    large = env.scratch / "large.mp4"
    padding = 105 * 2**20
    with open(large, "wb") as file:
        file.write(env.clip.read_bytes())
        file.write(struct.pack(">I4s", padding, b"free"))
        file.seek(padding - 9, 1)
        file.write(b"\0")
    with env.client() as client:
        task = client.tasks.create_from_data(
            spec=models.TaskWriteRequest(name="large", labels=[{"name": "person"}]),
            resource_type=ResourceType.LOCAL,
            resources=[large],
        )
        assert task.size == 40
        assert frame_number(Image.open(task.get_frame(39, quality="original"))) == 39
    large.unlink()


@case
def reads_a_video_by_task_dataset(env: Env):
    task = env.make_task(env.clip, options=("--chunk_size", "16"))
    with env.client() as client:
        client.tasks.retrieve(task).remove_frames_by_ids([2, 38])
        for policy in datasets.MediaDownloadPolicy:
            dataset = datasets.TaskDataset(client, task, load_annotations=False, media_download_policy=policy)
            numbers = [sample.frame_index for sample in dataset.samples]
            assert numbers == [n for n in range(40) if n not in (2, 38)], numbers
            for sample in dataset.samples[::9]:
                assert frame_number(sample.media.load_image()) == sample.frame_index, policy
            assert [label.name for label in dataset.labels] == ["person"]


@case
def reads_images_by_task_dataset(env: Env):
    task = env.make_task(*env.images, options=("--chunk_size", "4"))
    with env.client() as client:
        for policy in datasets.MediaDownloadPolicy:
            dataset = datasets.TaskDataset(client, task, load_annotations=False, media_download_policy=policy)
            assert [sample.frame_name for sample in dataset.samples] == [path.name for path in env.images]
            assert [frame_number(sample.media.load_image()) for sample in dataset.samples] == list(range(6)), policy


@case
def reads_and_changes_tasks_labels_and_jobs_by_the_sdk(env: Env):
    labels = [
        {"name": "person", "attributes": [{"name": "pose", "mutable": True, "input_type": "select",
                                           "default_value": "stand", "values": ["stand", "sit"]}]},
        {"name": "face", "type": "skeleton", "svg": '<circle r="1" cx="5" cy="5" data-label-name="nose" />',
         "sublabels": [{"name": "nose", "type": "points"}]},
    ]
    task_id = env.make_task(env.clip, labels=json.dumps(labels))
    with env.client() as client:
        task = client.tasks.retrieve(task_id)
        person, face = task.get_labels()
        assert [attribute.name for attribute in person.attributes] == ["pose"]
        assert str(face.type) == "skeleton" and [part.name for part in face.sublabels] == ["nose"]
        task.update(models.PatchedTaskWriteRequest(name="renamed", labels=[
            models.PatchedLabelRequest(id=person.id, name="human"), models.PatchedLabelRequest(name="dog")]))
        assert task.fetch().name == "renamed"
        assert [label.name for label in task.get_labels()] == ["human", "face", "dog"]
        job = task.get_jobs()[0]
        job.update(models.PatchedJobWriteRequest(state="in progress"))
        assert str(job.fetch().state) == "in progress"
        assert job.get_meta().size == 40
        assert frame_number(Image.open(job.get_frame(4, quality="original"))) == 4
        preview = Image.open(task.get_preview())
        assert max(preview.size) <= 256


main()
