/** The take page: two lanes, keys, and every row that jumps to its moment. */
import { findTimeline } from "./timeline.ts";

findTimeline()?.listen();
