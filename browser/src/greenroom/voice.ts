/** What the microphone's levels say: silence, noise, clipping; a laugh, a whisper. Pure. */
import type { Level } from "../recorder/protocol.ts";

const SILENT_DB = -60;
const NOISY_DB = -38;
const CLIPPED_SHARE = 0.001;
const LAUGH_PEAK = 0.2;
const LAUGH_DB = -28;
const WHISPER_BELOW_DB = -34;
const WHISPER_ABOVE_NOISE_DB = 6;
const BLOCKS = 3;

export interface Voice {
  /** Noise floor: a tenth of the time is quieter, dB of full scale. */
  readonly noise_db: number;
  readonly loudest_db: number;
  readonly peak: number;
  readonly clipped_share: number;
}

export class VoiceCheck {
  readonly levels: Level[] = [];
  #laugh = 0;
  #whisper = 0;

  hear(level: Level): void {
    this.levels.push(level);
    const loud = level.rms_db > LAUGH_DB && level.peak > LAUGH_PEAK;
    this.#laugh = loud ? this.#laugh + 1 : Math.min(this.#laugh, BLOCKS);
    const soft = level.rms_db > this.noise() + WHISPER_ABOVE_NOISE_DB && level.rms_db < WHISPER_BELOW_DB;
    this.#whisper = soft ? this.#whisper + 1 : Math.min(this.#whisper, BLOCKS);
  }

  get laughed(): boolean {
    return this.#laugh >= BLOCKS;
  }

  get whispered(): boolean {
    return this.#whisper >= BLOCKS;
  }

  /** Anything at all came in. */
  get heard(): boolean {
    return this.levels.some((level) => level.rms_db > SILENT_DB);
  }

  noise(): number {
    const sorted = this.levels.map((level) => level.rms_db).sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 10)] ?? -120;
  }

  result(rate: number): Voice {
    const samples = this.levels.length * (rate / 10);
    const clipped = this.levels.reduce((sum, level) => sum + level.clipped, 0);
    return {
      noise_db: this.noise(),
      loudest_db: this.levels.reduce((most, level) => Math.max(most, level.rms_db), -120),
      peak: this.levels.reduce((most, level) => Math.max(most, level.peak), 0),
      clipped_share: samples ? clipped / samples : 0,
    };
  }

  problems(rate: number): ("mic_silent" | "mic_noisy" | "mic_clipping")[] {
    if (!this.heard) return ["mic_silent"];
    const { noise_db, clipped_share } = this.result(rate);
    const found: ("mic_noisy" | "mic_clipping")[] = [];
    if (noise_db > NOISY_DB) found.push("mic_noisy");
    if (clipped_share > CLIPPED_SHARE) found.push("mic_clipping");
    return found;
  }
}

/** The last levels as a path of bars in a box, for the two little pictures. */
export function bars(levels: readonly Level[], width: number, height: number, count = 20): string {
  const last = levels.slice(-count);
  const step = width / count;
  return last
    .map((level, nth) => {
      const tall = Math.max(2, Math.min(height - 4, ((level.rms_db + 60) / 60) * (height - 4)));
      return `M${((nth + 0.5) * step).toFixed(1)} ${((height - tall) / 2).toFixed(1)}v${tall.toFixed(1)}`;
    })
    .join("");
}
