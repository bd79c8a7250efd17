"""One random fault after another against three jobs; and two daemons where only the fencing token is left."""
import os
import signal
import subprocess
import time

from judge import judge
from place import Place
from sweeps import finish

PROMPTS = ["a red circle moving right", "a blue square growing", "a green triangle moving up"]
KINDS = {"daemon": 6, "both": 3, "power": 6, "worker": 3, "random": 5, "full": 3, "clock": 2}


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def kill_at_a_moment(place, rng):
    """SIGKILL from outside, at a moment rather than at a change: daemon, engine or both."""
    daemon = place.daemon()
    time.sleep(rng.uniform(0.02, 1.2 if place.real else 0.5))
    victims = rng.choice(["daemon", "worker", "both"])
    workers = children(daemon.pid)
    doing = place.activity()
    if victims != "daemon":
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
    if victims != "worker":
        daemon.kill()
    landed = victims != "worker" or bool(workers)
    place.wait_settled(daemon, 3)
    place.stop(daemon)
    return [[victims, doing, "SIGKILL"]] if landed else []


def jump(place, rng):
    daemon = place.daemon()
    jumps = 0
    for _ in range(4):
        time.sleep(rng.uniform(0.02, 0.3))
        place.clock.write_text(str(rng.choice([-3600, 3600, 0])))
        jumps += 1
    place.wait_settled(daemon, 5)
    place.clock.write_text("0")
    place.stop(daemon)
    return [["daemon", "any", "clock"]] * jumps


def one_fault(place, kind, rng):
    if kind == "random":
        return kill_at_a_moment(place, rng)
    if kind == "clock":
        return jump(place, rng)
    before = len(place.lines("kill"))
    shim = {"at": rng.randint(1, 160), "how": "kill"}
    if kind == "worker":
        shim.update(at=rng.randint(1, 8), program="turbodiff-engine" if place.real else "python3",
                    once=place.folder.with_suffix(f".once{before}"))
    elif kind == "power":
        shim.update(how="power", seed=rng.choice([0, rng.randint(1, 10**6)]))
    elif kind == "full":
        shim.update(how="full", count=rng.randint(1, 8))
        if place.real and rng.random() < 0.5:
            shim.update(at=rng.randint(1, 8), program="turbodiff-engine", once=place.folder.with_suffix(f".once{before}"))
    elif kind == "both":
        shim.update(how="both")
    daemon = place.daemon(**shim)
    place.wait_settled(daemon, 30)
    place.stop(daemon)
    return place.lines("kill")[before:]


def random_trial(options, real, kind, rng):
    place = Place(options, real)
    for prompt in PROMPTS:
        place.add(prompt)
    landed = []
    for _ in range(rng.randint(1, 3)):
        if place.is_settled():
            break
        if kind in ("daemon", "both", "power"):
            place.clock.write_text(str(rng.choice([0, 0, -3600, 3600])))
        landed += one_fault(place, kind, rng)
    place.clock.write_text("0")
    return place, landed, finish(place, [])


def two_daemons(options, transaction, at):
    """The first one is halted inside an attempt, its lock is removed, a second one takes over and runs the job again;
    then the first one goes on while the engine of the second one works."""
    place = Place(options)
    place.add()
    first = place.daemon(how="stop", at=at, **{"in": transaction})
    if not place.wait_until(lambda: place.lines("kill"), first, 20) or place.is_settled():
        place.stop(first)
        return place, [], judge(place)
    (place.folder / "jobs.db.lock").unlink()
    place.close_gate("1-2")
    second = place.daemon()
    place.wait_until(lambda: ["1-2"] in place.lines("begin") or place.is_settled(), second, 20)
    first.send_signal(signal.SIGCONT)
    problems = []
    try:
        first.wait(15)
    except subprocess.TimeoutExpired:
        problems.append("the daemon that was taken over from goes on")
        first.kill()
        first.wait()
    place.open_gate("1-2")
    if not place.wait_settled(second, 30):
        problems.append(f"not finished: {place.states()}")
    place.stop(second)
    return place, place.lines("kill"), finish(place, problems)
