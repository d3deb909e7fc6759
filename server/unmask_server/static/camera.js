// @ts-check
/** Records a few seconds of the camera; nothing but that recording leaves the camera. */

import { byId, setText } from "./dom.js";

const SECONDS = 5;
const TYPES = ["video/webm;codecs=vp8", "video/webm", "video/mp4"];

/** @param {(file: File) => void} onRecorded */
export function offerCamera(onRecorded) {
  const dialog = byId("camera-dialog", HTMLDialogElement);
  const video = byId("camera-video", HTMLVideoElement);
  const record = byId("camera-record", HTMLButtonElement);
  /** @type {MediaStream | undefined} */
  let stream;

  byId("camera", HTMLButtonElement).addEventListener("click", async () => {
    dialog.showModal();
    record.disabled = true;
    setText("camera-state", "Waiting for the camera…");
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
      if (!dialog.open) return stop(opened);
      stream = opened;
      video.srcObject = stream;
      record.disabled = false;
      setText("camera-state", "Hold still, with the face in good light.");
    } catch {
      setText("camera-state", "No camera can be used: none is there, or the browser does not allow it.");
    }
  });
  record.addEventListener("click", () => stream && take(stream));
  byId("camera-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    if (stream) stop(stream);
    stream = undefined;
    video.srcObject = null;
  });

  /** @param {MediaStream} recorded */
  function take(recorded) {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(recorded, { mimeType });
    /** @type {Blob[]} */
    const pieces = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      if (!dialog.open) return;
      dialog.close();
      const type = recorder.mimeType;
      const time = new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", ".");
      onRecorded(new File(pieces, `Camera ${time}.${type.includes("mp4") ? "mp4" : "webm"}`, { type }));
    };
    record.disabled = true;
    setText("camera-state", `Recording ${SECONDS} seconds…`);
    recorder.start();
    setTimeout(() => recorder.state === "recording" && recorder.stop(), SECONDS * 1000);
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
