// bpmn-engine in memory: completes the user tasks of loop.bpmn one after the other, and prints what that took.
// `stored` also takes the state after each completion and goes on from it, as a product must that keeps it in a database.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [folder, diagram, count] = process.argv.slice(2);
const { Engine } = createRequire(`${folder}/package.json`)("bpmn-engine");
// Its own way to write the condition; that of the file is Gridflow's.
const source = readFileSync(diagram, "utf8").replace('verdict == "pass"', "${environment.output.verify === 'pass'}");
const seconds = () => {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1e6;
};
const waiting = (execution) => execution.getPostponed().find((each) => each.type === "bpmn:UserTask");

async function inMemory(rounds) {
  const execution = await new Engine({ name: "loop", source }).execute();
  const begun = seconds();
  for (let step = 0; step < rounds; step++) waiting(execution).signal({ verdict: "rework" });
  return (1e3 * (seconds() - begun)) / rounds;
}

async function stored(rounds) {
  let state = await (await new Engine({ name: "loop", source }).execute()).getState();
  const begun = seconds();
  for (let step = 0; step < rounds; step++) {
    const execution = await new Engine().recover(JSON.parse(JSON.stringify(state))).resume();
    waiting(execution).signal({ verdict: "rework" });
    state = await execution.getState();
    execution.stop();
  }
  return (1e3 * (seconds() - begun)) / rounds;
}

await inMemory(100);
console.log(JSON.stringify({ memory: await inMemory(Number(count)), stored: await stored(Number(count)) }));
