/** Unix milliseconds of this browser's monotonic clock; never steps, unlike Date.now(). */
export function clientMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Seconds as m:ss, or h:mm:ss from an hour on. */
export function minutesSeconds(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
