"""Serves files as a camera's RTSP stream, by GStreamer; run by the system's own Python.

    /usr/bin/python3 rtsp_server.py clip.h264
    /usr/bin/python3 rtsp_server.py clip.h264 picture.jpg

shows the last file over and over; the first session shows those before it first, and so changes its codec in the
middle. Prints its port once it listens. Its suffix names a file's codec: h264, h265 or, for Motion JPEG, jpg.
"""

import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  (versions are asked for first)

PAYLOADS = {
    ".h264": "h264parse ! video/x-h264,framerate=25/1,alignment=au ! {clock} ! rtph264pay pt=96 config-interval=-1",
    ".h265": "h265parse ! video/x-h265,framerate=25/1,alignment=au ! {clock} ! rtph265pay pt=97 config-interval=-1",
    ".jpg": "image/jpeg,framerate=25/1 ! jpegparse ! {clock} ! rtpjpegpay pt=26",
}


def packets(file: str, *, is_last: bool) -> str:
    """The pipeline from a file to packets."""
    reader = "multifilesrc loop=true" if is_last else "filesrc"
    return f'{reader} location="{file}" ! {PAYLOADS[Path(file).suffix].format(clock="identity sync=true")}'


def pipeline(files: list[str]) -> str:
    """What a session shows."""
    if len(files) == 1:
        return f"( {packets(files[0], is_last=True)} name=pay0 )"
    parts = [f"{packets(file, is_last=file == files[-1])} ! film." for file in files]
    return f"( concat name=film ! identity name=pay0 {' '.join(parts)} )"


Gst.init(None)
files = sys.argv[1:]
server = GstRtspServer.RTSPServer(service="0", address="127.0.0.1")
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch(pipeline(files))
factory.connect("media-configure", lambda *_: factory.set_launch(pipeline(files[-1:])))
server.get_mount_points().add_factory("/camera", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
