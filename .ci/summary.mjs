// Sums up what really ran: counters of the TRX files and the closing line of the client scenarios. The last line printed is the result.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, ...exits] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };

const add = (name, passed, failed, skipped) => {
  console.log(`${name.padEnd(48)} ${passed} passed, ${failed} failed, ${skipped} skipped`);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
};

const reports = join(folder, "tests");
for (const file of existsSync(reports) ? readdirSync(reports).filter((name) => name.endsWith(".trx")).sort() : []) {
  const text = readFileSync(join(reports, file), "utf8");
  const outcomes = [...text.matchAll(/<UnitTestResult [^>]*outcome="(\w+)"/g)].map((match) => match[1]);
  const assembly = /storage="([^"]*[\\/])?([^"\\/]+)\.dll"/i.exec(text)?.[2] ?? file;
  const passed = outcomes.filter((outcome) => outcome === "Passed").length;
  const skipped = outcomes.filter((outcome) => outcome === "NotExecuted").length;
  add(assembly, passed, outcomes.length - passed - skipped, skipped);
}

for (const [file, name] of [["sdk.log", "official clients"], ["sdk-cluster.log", "official clients against a cluster"]]) {
  const log = join(folder, file);
  if (!existsSync(log)) continue;
  const closing = [...readFileSync(log, "utf8").matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  add(name, ...(closing ? closing.slice(1, 4).map(Number) : [0, 1, 0]));
}

// A runner that failed without a failed test (a crash, a time-out) must not pass for green.
if (exits.some((exit) => exit !== "0") && total.failed === 0) total.failed = 1;
if (total.passed === 0) total.failed = Math.max(total.failed, 1);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
