"""Serves an H.264 file over and over as a camera's RTSP stream, by GStreamer; run by the system's own Python.

    /usr/bin/python3 rtsp_server.py clip.h264

prints its port once it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  (versions are asked for first)

Gst.init(None)
server = GstRtspServer.RTSPServer(service="0", address="127.0.0.1")
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch(
    f'( multifilesrc location="{sys.argv[1]}" loop=true ! h264parse ! video/x-h264,framerate=25/1,alignment=au '
    "! identity sync=true ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
server.get_mount_points().add_factory("/camera", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
