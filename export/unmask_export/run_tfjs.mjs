// Runs a TF.js graph model on crops by the wasm back end, in Node: a JSON request on standard input, all outputs of each
// crop on standard output, as [[{shape, values}, ...], ...].
//
// {model: path of model.json, shape: [n, H, W, 3], pixels: n*H*W*3 uint8 in base64}
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { loadFromFiles } from "./load_tfjs.mjs";

const request = JSON.parse(readFileSync(0, "utf8"));
await tf.setBackend("wasm");
const model = await loadFromFiles(request.model);
const pixels = Buffer.from(request.pixels, "base64");
const [count, height, width, channels] = request.shape;
const size = height * width * channels;
const results = [];
for (let index = 0; index < count; index += 1) {
  const input = Float32Array.from(pixels.subarray(index * size, (index + 1) * size));
  const outputs = tf.tidy(() => [model.execute(tf.tensor4d(input, [1, height, width, channels]))].flat());
  results.push(outputs.map((output) => ({ shape: output.shape, values: Array.from(output.dataSync()) })));
  tf.dispose(outputs);
}
process.stdout.write(JSON.stringify(results));
