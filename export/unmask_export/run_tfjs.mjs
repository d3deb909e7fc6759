// Runs a TF.js graph model on crops: a JSON request on standard input, an array of raw scores on standard output.
//
// {model: path of model.json, shape: [n, H, W, 3], pixels: n*H*W*3 numbers in [0, 255], score_shape: [1, 1]}
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";

function fromFile(path) {
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(readFileSync(path, "utf8"));
  const shards = weightsManifest.flatMap((group) => group.paths.map((shard) => readFileSync(join(dirname(path), shard))));
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  return { load: async () => ({ ...rest, modelTopology, weightSpecs, weightData }) };
}

const request = JSON.parse(readFileSync(0, "utf8"));
await tf.setBackend("wasm");
const model = await loadGraphModel(fromFile(request.model));
const [count, height, width, channels] = request.shape;
const size = height * width * channels;
const scores = [];
for (let index = 0; index < count; index += 1) {
  const pixels = Float32Array.from(request.pixels.slice(index * size, (index + 1) * size));
  const outputs = model.execute(tf.tensor4d(pixels, [1, height, width, channels]));
  const score = [outputs].flat().find((output) => String(output.shape) === String(request.score_shape));
  scores.push((await score.data())[0]);
}
process.stdout.write(JSON.stringify(scores));
