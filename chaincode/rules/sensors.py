"""Sensors: what they watch and when, and which of their readings may be anchored.

Every function that changes a document returns a new one; what was read stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaincode.model import kinetics
from chaincode.model.coldchain import outside
from chaincode.model.documents.coldchain import Anchored, Attachment, Device, Readings, Run, Storage
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

# Of how many former attachments a device's late readings are still taken.
MAX_PAST = 16
# Into how many stretches of sequence numbers the anchored readings of a device may fall: what is missing
# between the oldest two is given up when there would be more.
MAX_ANCHORED = 64
# An anchor's readings count into one stretch of the mean kinetic temperature's window.
LONGEST_WINDOW_MS = 24 * 60 * 60 * 1000


def attached(device: Device, sscc: str, since: int) -> Device:
    """Watching ``sscc`` from ``since`` on, and what it watched before no longer."""
    free = detached(device, since) if "container" in device else device
    return {**free, "container": sscc, "attached_at": since}


def detached(device: Device, until: int) -> Device:
    """Watching nothing from ``until`` on; ``device`` watches something."""
    changed = device.copy()
    last: Attachment = {
        "container": changed.pop("container"),
        "since": device["attached_at"],
        "until": until,
    }
    del changed["attached_at"]
    changed["past"] = [*device["past"], last][-MAX_PAST:]
    return changed


@rule(Code.DEVICE_ATTACHED)
def attachable_since(device: Device, since: int, now: int, field: str) -> None:
    """A device watches a container from a time on that has come, and at which it watched nothing else.

    The time may have passed: a logger is started when goods are packed, and entered when there is a network.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if since > now:
        raise Refusal(Code.DEVICE_ATTACHED, f"device {device['id']} cannot be attached in the future", field)
    busy = device.get("attached_at", device["past"][-1]["until"] if device["past"] else None)
    if busy is not None and since < busy:
        message = f"device {device['id']} watched another container until {busy}"
        raise Refusal(Code.DEVICE_ATTACHED, message, field)


def attachment(device: Device, sscc: str, run: Run, tolerance_ms: int) -> Attachment | None:
    """When the device watched the container for all the time of ``run``; the present one has no end."""
    present: Iterator[Attachment] = iter(())
    if "container" in device:
        present = iter(
            [{"container": device["container"], "since": device["attached_at"], "until": run["until"]}]
        )
    for one in (*present, *reversed(device["past"])):
        if (
            one["container"] == sscc
            and one["since"] - tolerance_ms <= run["since"]
            and run["until"] <= one["until"] + tolerance_ms
        ):
            return one
    return None


@rule(Code.DEVICE_NOT_ATTACHED, parameters=("sensor_clock_seconds",))
def watched(device: Device, sscc: str, run: Run, tolerance_ms: int, field: str) -> None:
    """A device watched the container for all the time of its readings, at present or in the past.

    The device's clock may be off by the parameter. Readings that come after the device was taken off, or
    after the goods were taken out, still belong to the container.

    Source: EU GDP 2013/C 343/01, 9.2 and 9.4; 21 CFR 205.50(c).
    """
    if attachment(device, sscc, run, tolerance_ms) is None:
        message = f"device {run['device']} did not watch {sscc} from {run['since']} to {run['until']}"
        raise Refusal(Code.DEVICE_NOT_ATTACHED, message, field)


@rule(Code.READINGS_IN_FUTURE, parameters=("sensor_clock_seconds",))
def taken(run: Run, now: int, tolerance_ms: int, field: str) -> None:
    """Readings were taken before the transaction; the device's clock may be off by the parameter.

    Source: 21 CFR 205.50(c); EU GDP 2013/C 343/01, 9.4.
    """
    if run["until"] > now + tolerance_ms:
        message = f"device {run['device']} has readings of {run['until']}, which is to come"
        raise Refusal(Code.READINGS_IN_FUTURE, message, field)


@rule(Code.READINGS_ANCHORED)
def anchored_once(device: Device, run: Run, field: str) -> None:
    """A reading, which is a device's sequence number, is under one anchor only.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    for one in device["anchored"]:
        if run["first"] <= one["last"] and one["first"] <= run["last"]:
            message = f"readings {one['first']} to {one['last']} of device {device['id']} are anchored"
            raise Refusal(Code.READINGS_ANCHORED, message, field)


def with_anchor(device: Device, run: Run) -> Device:
    """The device with ``run`` among its anchored readings."""
    new: Anchored = {"first": run["first"], "last": run["last"], "until": run["until"]}
    joined: list[Anchored] = []
    for one in sorted([*device["anchored"], new], key=lambda each: each["first"]):
        if joined and joined[-1]["last"] + 1 == one["first"]:
            joined[-1] = {**one, "first": joined[-1]["first"]}
        else:
            joined.append(one)
    if len(joined) > MAX_ANCHORED:
        joined[:2] = [{**joined[1], "first": joined[0]["first"]}]
    return {**device, "anchored": joined}


def outside_ms(device: Device, sscc: str, run: Run, tolerance_ms: int) -> int:
    """For how long the run's readings outside the limits stand.

    A reading stands for the time since the device's reading before it. Readings are equally spaced (USP
    <1079.2>), so each has the same share of the time that the run covers: from the reading before it, where
    that is anchored and of the same watch, or else from its own first.
    """
    watch = attachment(device, sscc, run, tolerance_ms)
    start = run["since"]
    for one in device["anchored"]:
        if watch is not None and one["last"] + 1 == run["first"]:
            start = min(start, max(one["until"], watch["since"]))
    return (run["until"] - start) * run["outside"] // (run["last"] - run["first"] + 1)


def place(runs: Sequence[Run], device: str, sequence: int) -> int | None:
    """Which of an anchor's leaves is a device's reading, None where it is not under the anchor."""
    before = 0
    for run in runs:
        if run["device"] == device and run["first"] <= sequence <= run["last"]:
            return before + sequence - run["first"]
        before += run["last"] - run["first"] + 1
    return None


@rule(Code.READINGS_INCONSISTENT)
def consistent(readings: Readings, field: str) -> None:
    """The extremes, the sum and the sum of rates can be those of that many readings.

    Rates grow faster and faster with the temperature, so their mean is at least the rate of the mean, and at
    most what readings that are all at an extreme would have.

    Source: USP <1079.2>, mean kinetic temperature.
    """
    count, low, high, total = (readings[name] for name in ("count", "min_mc", "max_mc", "sum_mc"))
    rates = int(readings["rates"], 16)
    if low > high or (count == 1 and low != high):
        raise _inconsistent(
            f"{field}min_mc", f"not the lowest of {count} readings of which {high} is highest"
        )
    # One reading is the lowest, one the highest, and all others lie between.
    if not count * low + high - low <= total <= count * high - high + low:
        raise _inconsistent(f"{field}sum_mc", f"not the sum of {count} readings from {low} to {high}")
    slow, fast = kinetics.rate(low), kinetics.rate(high)
    if low == high:
        possible = rates == count * slow
    else:
        # Rates are rounded down, which takes less than one from each.
        least = count * (kinetics.rate(total // count) - 1)
        most = count * (slow + 1) * (high - low) + (total - count * low) * (fast - slow + 1)
        possible = least <= rates and rates * (high - low) <= most
    if not possible:
        raise _inconsistent(f"{field}rates", f"not those of {count} readings from {low} to {high}")


@rule(Code.READINGS_INCONSISTENT)
def counted(readings: Readings, runs: Sequence[Run], storage: Storage, field: str) -> None:
    """Readings are said to be outside the limits where the extremes are, and only there.

    Source: USP <1079.2>; EU GDP 2013/C 343/01, 9.2.
    """
    beyond = outside(storage, readings["min_mc"]) or outside(storage, readings["max_mc"])
    told = sum(run["outside"] for run in runs)
    if (told > 0) is not beyond:
        raise _inconsistent(field, f"{told} readings outside the limits, while the extremes say otherwise")


def _inconsistent(field: str, message: str) -> Refusal:
    return Refusal(Code.READINGS_INCONSISTENT, message, field)
