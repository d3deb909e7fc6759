// Does for TF.js what cost_runner.py does for TFLite and ONNX: node time_tfjs.mjs MODEL_JSON HEIGHT WIDTH
import { createInterface } from "node:readline";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { loadFromFiles } from "./load_tfjs.mjs";

const [path, height, width] = process.argv.slice(2);

async function run(model) {
  const input = tf.fill([1, Number(height), Number(width), 3], 127);
  const outputs = [model.execute(input)].flat();
  await Promise.all(outputs.map((output) => output.data()));
  tf.dispose([input, outputs]);
}

await tf.setBackend("wasm");
console.log("ready");
let model;
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  if (model) await run(model);
  else model = await loadFromFiles(path);
  console.log(performance.now() - start);
}
