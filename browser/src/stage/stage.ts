/** The stage page: wires room, call, recorder and screen together. */
import { needBoot } from "../kit/boot.ts";
import { holdLock } from "../kit/lock.ts";
import { controls } from "./controls.ts";
import { Stage } from "./player.ts";
import { BREAK, Rest } from "./rest.ts";
import type { StageBoot } from "./settings.ts";
import { View } from "./view.ts";

const boot = needBoot<StageBoot>();
const view = new View(boot.role);
view.state("warm_up");
view.lamp(false);
view.call("waiting");
view.here([]);

// A second tab of the same room would take the microphone from the first one.
const held = await holdLock(`stage:${boot.session}`);
if (held) {
  const stage = boot.state === BREAK ? new Rest(boot, view) : new Stage(boot, view);
  controls(stage, view);
  stage.open().catch((error: unknown) => console.error(error));
} else {
  view.trouble("stage.second_tab");
  view.state("refused");
  // The room goes on here as soon as the other tab is closed; nobody has to do anything for it.
  void holdLock(`stage:${boot.session}`, null).then(() => location.reload());
}
